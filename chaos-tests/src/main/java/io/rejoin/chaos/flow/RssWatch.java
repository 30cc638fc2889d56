package io.rejoin.chaos.flow;

import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the memory of a node again and again, so that no peak between two phases is missed.
 *
 * <p>Threading: a thread of its own until it is closed.
 */
final class RssWatch implements AutoCloseable {

    private static final long PERIOD_NANOS = 50_000_000L;
    /** Whatever clients do. */
    private static final long MOST_GROWTH = 96L << 20;

    private final FlowNode node;
    private final long before;
    private final Thread thread = new Thread(this::look, "flow-rss");
    private volatile boolean closed;
    private volatile long peak;

    /** Starts with the memory that the node has now. */
    RssWatch(FlowNode node) {
        this.node = node;
        this.before = node.residentBytes();
        this.peak = before;
        thread.setDaemon(true);
        thread.start();
    }

    /** Tells the memory at the start and at its highest, and requires its growth to be within the bound. */
    void tell(Report report, String show) {
        long growth = peak - before;
        report.tell(show, "RSS before, MiB", before >> 20);
        report.tell(show, "RSS at its highest, MiB", peak >> 20);
        report.require(show, "growth of RSS, MiB", growth >> 20, "< " + (MOST_GROWTH >> 20), growth < MOST_GROWTH);
    }

    private void look() {
        while (!closed && node.isAlive()) {
            peak = Math.max(peak, node.residentBytes());
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
