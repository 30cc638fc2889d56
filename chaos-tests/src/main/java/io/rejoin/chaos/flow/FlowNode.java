package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * One real node with a small heap, and what can be measured of it from outside.
 *
 * <p>Threading: thread-safe. Failure: it is also ended when this process ends by a signal.
 */
final class FlowNode implements AutoCloseable {

    /**
     * A small heap, so that a queue per client would end the node, all of it in RAM from the start: the JVM would else touch it bit by
     * bit, whatever clients do, and hide what they cost.
     */
    private static final String JVM = "-Xms256m -Xmx256m -XX:+AlwaysPreTouch";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration GONE_LIMIT = Duration.ofSeconds(60);
    private static final Duration COLLECT_LIMIT = Duration.ofSeconds(20);

    private final ProcessCluster cluster;
    private final BrokerProcess process;
    private final Thread hook = new Thread(this::end, "flow-node-end");

    private FlowNode(ProcessCluster cluster) {
        this.cluster = cluster;
        this.process = cluster.nodes().get(0);
    }

    /**
     * Starts a node and waits until it is ready.
     *
     * @param directory for its configuration and its log
     * @param yaml its configuration file
     */
    static FlowNode start(Path directory, String yaml) {
        Path file = directory.resolve("node.yaml");
        try {
            Files.createDirectories(directory);
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        FlowNode node = new FlowNode(ProcessCluster.of(
                1,
                directory,
                Map.of("JAVA_OPTS", JVM),
                List.of("--config", file.toAbsolutePath().toString())));
        Runtime.getRuntime().addShutdownHook(node.hook);
        try {
            node.cluster.start(START_LIMIT);
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
        return node;
    }

    Endpoint endpoint() {
        return cluster.endpoints().get(0);
    }

    /** Where its log is. */
    Path log() {
        return process.log();
    }

    /** Its process. */
    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Memory of the process that is in RAM. */
    long residentBytes() {
        return process.residentBytes();
    }

    /** Bytes on the heap that are still referred to. */
    long liveHeapBytes() {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        try {
            Process collect = new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), "GC.run")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!collect.waitFor(COLLECT_LIMIT.toMillis(), TimeUnit.MILLISECONDS) || collect.exitValue() != 0) {
                collect.destroyForcibly();
                throw new IllegalStateException(jcmd + " GC.run did not succeed within " + COLLECT_LIMIT);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + jcmd + " (expected: a JDK)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the node collects", e);
        }
        return (long) counters().sum("jvm_memory_used_bytes", "area", "heap");
    }

    /** Waits until the node has noticed that others are gone: until then it writes to them. */
    void awaitConnections(long count) {
        Await.until(
                () -> open() == count,
                GONE_LIMIT,
                () -> "connections of the node: " + open() + " (expected: " + count + ")");
    }

    private long open() {
        return Math.round(counters().sum("rejoin_connections"));
    }

    /** All metrics at this moment. */
    Counters counters() {
        Map<String, Double> values = new TreeMap<>();
        process.metrics().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            values.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return new Counters(values);
    }

    /**
     * Metrics at one moment.
     *
     * @param values by name and labels, as they stand in the text
     */
    record Counters(Map<String, Double> values) {

        /** The sum over all labels; 0 when there is no such metric. */
        double sum(String name) {
            return values.entrySet().stream()
                    .filter(e -> e.getKey().equals(name) || e.getKey().startsWith(name + '{'))
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
        }

        /** How much a count rose. */
        long since(Counters before, String name) {
            return Math.round(sum(name) - before.sum(name));
        }

        /** How much the counts with that label rose. */
        long since(Counters before, String name, String label, String value) {
            return Math.round(sum(name, label, value) - before.sum(name, label, value));
        }

        /** The sum over all with that first label. */
        double sum(String name, String label, String value) {
            String prefix = name + '{' + label + "=\"" + value + '"';
            return values.entrySet().stream()
                    .filter(e -> e.getKey().startsWith(prefix))
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends: the hook itself runs, or has run.
            return;
        }
    }

    private void end() {
        cluster.close();
    }
}
