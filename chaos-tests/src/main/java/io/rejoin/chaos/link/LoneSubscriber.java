package io.rejoin.chaos.link;

import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * One subscriber of one room in a process of its own, which can be stopped like the process of a laptop that sleeps. It tells all that it
 * sees on its standard output, and ends when its standard input does.
 *
 * <p>Threading: what was seen may be asked from any thread.
 */
public final class LoneSubscriber implements AutoCloseable {

    private static final RoomWorkload.Size ONE = new RoomWorkload.Size(1, 0, 1, 0);

    private final Process process;
    private final List<Op> seen = new CopyOnWriteArrayList<>();

    private LoneSubscriber(Process process) {
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @param endpoints where it reaches nodes
     * @param directory for its history and log
     * @param where turns its command into one that runs elsewhere
     */
    public static LoneSubscriber start(List<Endpoint> endpoints, Path directory, UnaryOperator<List<String>> where) {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                Objects.requireNonNull(System.getProperty("java.class.path")),
                LoneSubscriber.class.getName(),
                directory.resolve("subscriber.jsonl").toString()));
        endpoints.forEach(endpoint -> command.add(endpoint.node() + ":" + endpoint.host() + ":" + endpoint.port()));
        File log = directory.resolve("subscriber.log").toFile();
        try {
            Process process =
                    new ProcessBuilder(where.apply(command)).redirectError(log).start();
            LoneSubscriber subscriber = new LoneSubscriber(process);
            Thread reader = new Thread(subscriber::read, "lone-subscriber");
            reader.setDaemon(true);
            reader.start();
            return subscriber;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    /** The process: arguments are the file of the history and where nodes are. */
    public static void main(String[] args) throws IOException {
        // What libraries log must not get among the operations.
        PrintStream out = System.out;
        System.setOut(System.err);
        List<Endpoint> endpoints = new ArrayList<>();
        for (String arg : List.of(args).subList(1, args.length)) {
            String[] parts = arg.split(":", -1);
            endpoints.add(new Endpoint(parts[0], parts[1], Integer.parseInt(parts[2])));
        }
        Path file = Path.of(args[0]);
        Files.deleteIfExists(file);
        try (History history = History.create(file, op -> out.println(History.line(op)));
                RoomWorkload workload = new RoomWorkload(ONE, endpoints, history, new Random(1))) {
            workload.connect();
            // Nothing is told to it; the end of its input is the end of whoever started it.
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }

    /** All that it saw so far. */
    public List<Op> seen() {
        return seen;
    }

    /** SIGSTOP. */
    public void freeze() {
        signal("STOP");
    }

    /** SIGCONT. */
    public void thaw() {
        signal("CONT");
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the subscriber ended", e);
        }
    }

    private void signal(String signal) {
        try {
            int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (code != 0) {
                throw new IllegalStateException("kill -" + signal + " ended with " + code);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run kill -" + signal, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during kill -" + signal, e);
        }
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                seen.add(History.op(line));
            }
        } catch (IOException e) {
            if (process.isAlive()) {
                throw new UncheckedIOException("cannot read what the subscriber tells", e);
            }
        }
    }
}
