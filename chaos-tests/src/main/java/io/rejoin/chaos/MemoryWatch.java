package io.rejoin.chaos;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import java.io.UncheckedIOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "chaos-memory");
        thread.setDaemon(true);
        return thread;
    });

    private final ProcessCluster cluster;
    private final History history;

    MemoryWatch(ProcessCluster cluster, History history) {
        this.cluster = cluster;
        this.history = history;
    }

    void start() {
        timer.scheduleAtFixedRate(
                () -> Stream.concat(cluster.nodes().stream(), cluster.spare().stream())
                        .forEach(this::note),
                0,
                1,
                TimeUnit.SECONDS);
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
        timer.shutdown();
        try {
            if (!timer.awaitTermination(5, TimeUnit.SECONDS)) {
                throw new IllegalStateException("memory is still being looked at after 5 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
