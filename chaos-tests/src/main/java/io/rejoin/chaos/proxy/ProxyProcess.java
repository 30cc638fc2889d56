package io.rejoin.chaos.proxy;

import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.node.BrokerProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A proxy in the foreground in front of some nodes: nginx or HAProxy with the configuration that docs/operations.md shows. Only
 * addresses are exchanged in it; what surrounds it is what the packages bring, with shorter timeouts.
 *
 * <p>Threading: one thread.
 */
public final class ProxyProcess implements AutoCloseable {

    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final long PAUSE_NANOS = 20_000_000L;
    private static final String OPERATIONS = "docs/operations.md";

    private final String name;
    private final int port;
    private final Path log;
    private final Process process;

    private ProxyProcess(String name, int port, Path log, Process process) {
        this.name = name;
        this.port = port;
        this.log = log;
        this.process = process;
    }

    /**
     * Starts nginx and waits until it listens.
     *
     * @param directory for its configuration, log and temporary files
     * @param port on 127.0.0.1
     * @param idle its limit for reading from and writing to a node; 60 s unless set
     * @throws IllegalStateException when it is not installed or does not start; the message says what to do
     */
    public static ProxyProcess nginx(Path directory, int port, List<BrokerProcess> nodes, Duration idle) {
        String site = exchange(block("nginx"), "listen 80;", "listen 127.0.0.1:" + port + ";");
        for (BrokerProcess node : nodes) {
            site = exchange(
                    site, node.name() + ":8080", "127.0.0.1:" + node.ports().client());
        }
        String files = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(kind -> kind + "_temp_path temp-" + kind + ";\n")
                .reduce("", String::concat);
        String configuration = """
                daemon off;
                master_process off;
                pid nginx.pid;
                error_log stderr info;
                events { worker_connections 512; }
                http {
                access_log off;
                proxy_read_timeout %1$sms;
                proxy_send_timeout %1$sms;
                %2$s%3$s
                }
                """.formatted(idle.toMillis(), files, site);
        Path file = write(directory, "nginx.conf", configuration);
        String prefix = directory.toAbsolutePath() + "/";
        return start(
                "nginx",
                directory,
                port,
                List.of(executable("nginx"), "-e", "stderr", "-p", prefix, "-c", file.toString()));
    }

    /**
     * Starts HAProxy and waits until it listens.
     *
     * @param directory for its configuration and log
     * @param port on 127.0.0.1
     * @param idle its limits for silent clients and nodes; 50 s in Debian's configuration
     * @throws IllegalStateException when it is not installed or does not start; the message says what to do
     */
    public static ProxyProcess haproxy(Path directory, int port, List<BrokerProcess> nodes, Duration idle) {
        String sections = exchange(block("haproxy"), "bind :80", "bind 127.0.0.1:" + port);
        for (BrokerProcess node : nodes) {
            sections = exchange(
                    sections,
                    node.name() + ":8080 check port 9090",
                    "127.0.0.1:" + node.ports().client() + " check port "
                            + node.ports().ops());
        }
        String configuration = """
                global
                    maxconn 500
                defaults
                    mode http
                    option dontlognull
                    timeout connect 5000
                    timeout client %1$s
                    timeout server %1$s
                %2$s
                """.formatted(idle.toMillis(), sections);
        Path file = write(directory, "haproxy.cfg", configuration);
        return start("haproxy", directory, port, List.of(executable("haproxy"), "-db", "-f", file.toString()));
    }

    /** Where clients reach it. */
    public Endpoint endpoint() {
        return new Endpoint(name, "127.0.0.1", port);
    }

    /** What it is: {@code nginx} or {@code haproxy}. */
    public String name() {
        return name;
    }

    /** Ends it. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + name + " ended", e);
        }
    }

    @Override
    public String toString() {
        return name + " log=" + log;
    }

    /** The block of docs/operations.md with this language. */
    private static String block(String language) {
        Path page = BrokerProcess.home().resolve(OPERATIONS);
        try {
            String text = Files.readString(page);
            String begin = "```" + language + "\n";
            int from = text.indexOf(begin);
            if (from < 0 || text.indexOf(begin, from + 1) >= 0) {
                throw new IllegalStateException(OPERATIONS + ": not one block of " + language + " (expected: one)");
            }
            return text.substring(from + begin.length(), text.indexOf("```", from + begin.length()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + page, e);
        }
    }

    private static String exchange(String text, String shown, String here) {
        if (!text.contains(shown)) {
            throw new IllegalStateException(OPERATIONS + ": \"" + shown + "\" is not in the block\n" + text);
        }
        return text.replace(shown, here);
    }

    private static Path write(Path directory, String name, String text) {
        try {
            return Files.writeString(Files.createDirectories(directory).resolve(name), text)
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + name + " into " + directory, e);
        }
    }

    /** Debian keeps them where only root looks. */
    private static String executable(String command) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin";
        return Stream.of(path.split(File.pathSeparator, -1))
                .map(directory -> Path.of(directory, command))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(command + " is not installed (expected: Debian's package; "
                        + "apt-get install " + (command.equals("nginx") ? "nginx-core" : command) + ")"));
    }

    private static ProxyProcess start(String name, Path directory, int port, List<String> command) {
        Path log = directory.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectErrorStream(true);
        builder.redirectOutput(log.toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        try {
            ProxyProcess proxy = new ProxyProcess(name, port, log, builder.start());
            proxy.awaitListening();
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    private void awaitListening() {
        long start = System.nanoTime();
        while (!listens()) {
            if (!process.isAlive() || System.nanoTime() - start > START_LIMIT.toNanos()) {
                process.destroyForcibly();
                throw new IllegalStateException(name + " does not listen on " + port + "; its log: " + log);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean listens() {
        try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return probe.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }
}
