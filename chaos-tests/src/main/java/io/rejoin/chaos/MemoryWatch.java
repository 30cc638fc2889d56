package io.rejoin.chaos;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the memory of every living node into the history, each second, and whenever the run asks for it: a phase may be shorter than a
 * second.
 *
 * <p>Threading: thread-safe, with a thread of its own for what is done each second.
 */
final class MemoryWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);
    private static final long PERIOD_NANOS = 1_000_000_000L;

    private final List<String> planned;
    private final List<String> spare;
    private final Function<String, OptionalLong> memory;
    private final History history;
    private final Thread thread = new Thread(this::look, "chaos-memory");
    private volatile boolean closed;

    /**
     * Begins with {@link #start()}.
     *
     * @param planned names of nodes that are to live when they are measured
     * @param spare names of nodes that may
     * @param memory of the node with a name, in bytes; empty when it does not live
     */
    MemoryWatch(List<String> planned, List<String> spare, Function<String, OptionalLong> memory, History history) {
        this.planned = List.copyOf(planned);
        this.spare = List.copyOf(spare);
        this.memory = memory;
        this.history = history;
    }

    /** Watches the processes of a cluster. */
    static MemoryWatch of(ProcessCluster cluster, History history) {
        return new MemoryWatch(
                names(cluster.nodes()), names(cluster.spare()), name -> memory(cluster.node(name)), history);
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Writes the memory that every planned node has now.
     *
     * @throws IllegalStateException when one of them does not live; the memory of the others is written
     */
    void measure() {
        List<String> dead = planned.stream().filter(node -> !note(node)).toList();
        if (!dead.isEmpty()) {
            throw new IllegalStateException("nodes without memory: " + dead + " (expected: all of " + planned + ")");
        }
    }

    private void look() {
        while (!closed) {
            planned.forEach(this::note);
            spare.forEach(this::note);
            LockSupport.parkNanos(PERIOD_NANOS);
        }
    }

    private boolean note(String node) {
        OptionalLong bytes = memory.apply(node);
        bytes.ifPresent(rss -> history.add(at -> new Op.Memory(at, node, rss)));
        return bytes.isPresent();
    }

    private static OptionalLong memory(BrokerProcess node) {
        if (!node.isAlive()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(node.residentBytes());
        } catch (IllegalStateException | UncheckedIOException died) {
            LOG.debug("node ended while its memory was looked at node={} cause={}", node.name(), died.toString());
            return OptionalLong.empty();
        }
    }

    private static List<String> names(List<BrokerProcess> nodes) {
        return nodes.stream().map(BrokerProcess::name).toList();
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
