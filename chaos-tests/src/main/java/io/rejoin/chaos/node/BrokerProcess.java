package io.rejoin.chaos.node;

import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One node as a process of its own, started by the script that users start. It may be killed, frozen, thawed, drained and started
 * again on the same ports.
 *
 * <p>Threading: thread-safe by a lock per node.
 */
public final class BrokerProcess implements AutoCloseable {

    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);
    private static final long PAUSE_NANOS = 50_000_000L;

    private final String name;
    private final String host;
    private final NodePorts ports;
    private final List<String> command;
    private final Path log;
    private final Map<String, String> environment;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PROBE_TIMEOUT).build();
    private @Nullable Process process;

    /**
     * Describes a node; nothing is started.
     *
     * @param host address that it listens on
     * @param command the node's start script and its arguments
     * @param directory where its log goes
     * @param environment settings, by their environment names
     */
    BrokerProcess(
            String name,
            String host,
            NodePorts ports,
            List<String> command,
            Path directory,
            Map<String, String> environment) {
        this.name = name;
        this.host = host;
        this.ports = ports;
        this.command = List.copyOf(command);
        this.log = directory.resolve(name + ".log");
        this.environment = new TreeMap<>(environment);
    }

    /** Its name. */
    public String name() {
        return name;
    }

    /** The address that it listens on. */
    public String host() {
        return host;
    }

    /** Its ports. */
    public NodePorts ports() {
        return ports;
    }

    /** Its log: of all its lives, one behind the other. */
    public Path log() {
        return log;
    }

    /**
     * Starts the process; returns at once.
     *
     * @throws IllegalStateException when it runs already
     */
    public void start() {
        start(Map.of());
    }

    /**
     * As {@link #start()}, in an environment with more in it; for this life only.
     *
     * @throws IllegalStateException when it runs already
     */
    public synchronized void start(Map<String, String> more) {
        if (isAlive()) {
            throw new IllegalStateException("node " + name + " is running (expected: ended)");
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(key -> key.startsWith("REJOIN_"));
        builder.environment().putAll(environment);
        builder.environment().putAll(more);
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command + " (expected: built by make build)", e);
        }
    }

    /** Whether the process exists. */
    public synchronized boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Process id. */
    public synchronized long pid() {
        return running().pid();
    }

    /** SIGKILL, and waits until the process is gone. */
    public synchronized void kill() {
        Process running = running();
        running.destroyForcibly();
        awaitExit(running, Duration.ofSeconds(10));
    }

    /**
     * SIGSTOP.
     *
     * @return false when it is not running
     */
    public synchronized boolean freeze() {
        return isAlive() && signal("STOP");
    }

    /** SIGCONT; nothing when it is not running. */
    public synchronized void thaw() {
        if (isAlive()) {
            signal("CONT");
        }
    }

    /**
     * SIGTERM, and waits until the process is gone.
     *
     * @return its exit code
     */
    public synchronized int terminate(Duration limit) {
        Process running = running();
        running.destroy();
        awaitExit(running, limit);
        return running.exitValue();
    }

    /** Whether {@code /readyz} answers 200 now. */
    public boolean isReady() {
        try {
            return get("/readyz").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** What {@code /readyz} answers now, for a message; or why it does not. */
    public String readiness() {
        try {
            HttpResponse<String> answer = get("/readyz");
            return answer.statusCode() + " " + answer.body();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /**
     * Waits until the node is ready.
     *
     * @throws IllegalStateException when it ends instead, or does not get ready in time
     */
    public void awaitReady(Duration limit) {
        long start = System.nanoTime();
        while (!isReady()) {
            if (!isAlive()) {
                throw new IllegalStateException("node " + name + " ended while it started; its log: " + log);
            }
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new IllegalStateException("node " + name + " not ready within " + limit + "; its log: " + log);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /**
     * The names of the nodes that hold a room, its owner first.
     *
     * @return empty when the node does not tell
     */
    public List<String> holders(String room) {
        try {
            HttpResponse<String> answer = get("/rooms/" + URLEncoder.encode(room, StandardCharsets.UTF_8));
            return answer.statusCode() == 200
                    ? new JsonObject(answer.body())
                            .getJsonArray("nodes").stream()
                                    .map(String.class::cast)
                                    .toList()
                    : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }

    /**
     * All metrics, in the text format of Prometheus.
     *
     * @throws UncheckedIOException when the node does not answer
     */
    public String metrics() {
        try {
            return get("/metrics").body();
        } catch (IOException e) {
            throw new UncheckedIOException("node " + name + " does not answer /metrics; its log: " + log, e);
        }
    }

    /** Memory of the process that is in RAM, in bytes. */
    public long residentBytes() {
        Path status = Path.of("/proc", Long.toString(pid()), "status");
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(status + " has no VmRSS"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + status, e);
        }
    }

    /**
     * The value of a metric without labels.
     *
     * @return NaN when the node does not answer or has no such metric
     */
    public double metric(String metric) {
        try {
            String prefix = metric + ' ';
            return get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(prefix))
                    .mapToDouble(line -> Double.parseDouble(line.substring(prefix.length())))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** Ends the process, however it is. */
    @Override
    public synchronized void close() {
        Process running = process;
        if (running != null && running.isAlive()) {
            running.destroyForcibly();
            awaitExit(running, Duration.ofSeconds(10));
        }
    }

    private HttpResponse<String> get(String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + host + ":" + ports.ops() + path))
                .timeout(PROBE_TIMEOUT)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking " + name + " for " + path, e);
        }
    }

    private boolean signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .inheritIO()
                    .start();
            awaitExit(kill, Duration.ofSeconds(10));
            if (kill.exitValue() != 0) {
                throw new IllegalStateException("kill -" + signal + " of " + name + " ended with " + kill.exitValue());
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run kill -" + signal, e);
        }
    }

    private Process running() {
        Process running = process;
        if (running == null || !running.isAlive()) {
            throw new IllegalStateException("node " + name + " is not running; its log: " + log);
        }
        return running;
    }

    private static void awaitExit(Process process, Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("process " + process.pid() + " still there after " + limit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for process " + process.pid(), e);
        }
    }

    /** The directory of the project, above the working directory or named by {@code rejoin.home}. */
    public static Path home() {
        String told = System.getProperty("rejoin.home");
        Path here = Path.of(told == null ? "" : told).toAbsolutePath();
        for (Path path = here; path != null; path = path.getParent()) {
            if (Files.isExecutable(path.resolve("broker-node/bin/rejoin-node"))) {
                return path;
            }
        }
        throw new IllegalStateException("broker-node/bin/rejoin-node is not above " + here
                + " (expected: run inside the project, or set -Drejoin.home)");
    }
}
