package io.rejoin.chaos;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import java.io.UncheckedIOException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the memory of every living node into the history, each second.
 *
 * <p>Threading: a thread of its own.
 */
final class MemoryWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);
    private static final long PERIOD_NANOS = 1_000_000_000L;

    private final ProcessCluster cluster;
    private final History history;
    private final Thread thread = new Thread(this::look, "chaos-memory");
    private volatile boolean closed;

    MemoryWatch(ProcessCluster cluster, History history) {
        this.cluster = cluster;
        this.history = history;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    private void look() {
        while (!closed) {
            Stream.concat(cluster.nodes().stream(), cluster.spare().stream()).forEach(this::note);
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    private void note(BrokerProcess node) {
        if (!node.isAlive()) {
            return;
        }
        try {
            long bytes = node.residentBytes();
            history.add(at -> new Op.Memory(at, node.name(), bytes));
        } catch (IllegalStateException | UncheckedIOException died) {
            LOG.debug("node ended while its memory was looked at node={} cause={}", node.name(), died.toString());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
