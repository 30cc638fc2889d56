package io.rejoin.chaos.history;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * The history of one run: append-only, one line per operation, on disk as it happens, so that it outlives a run that dies and can
 * be checked again.
 *
 * <p>Threading: thread-safe; operations are in the order of their {@link #add}.
 */
public final class History implements AutoCloseable {

    private static final long FLUSH_NANOS = 100_000_000L;

    private final Path file;
    private final BufferedWriter lines;
    private final Consumer<Op> watch;
    private final long start = System.nanoTime();
    private long flushedAt;

    private History(Path file, BufferedWriter lines, Consumer<Op> watch) {
        this.file = file;
        this.lines = lines;
        this.watch = watch;
    }

    /**
     * Starts an empty history.
     *
     * @param file must not exist
     * @param watch sees every operation as it is added
     * @throws UncheckedIOException when the file cannot be made
     */
    public static History create(Path file, Consumer<Op> watch) {
        try {
            return new History(
                    file, Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW), watch);
        } catch (IOException e) {
            throw new UncheckedIOException("history: " + file + " (expected: a new file in a writable directory)", e);
        }
    }

    /** Adds an operation; the function gets the time. */
    public synchronized void add(LongFunction<Op> op) {
        long at = System.nanoTime() - start;
        Op made = op.apply(at);
        try {
            lines.write(OpLines.write(made));
            lines.newLine();
            if (at - flushedAt > FLUSH_NANOS) {
                lines.flush();
                flushedAt = at;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("history: cannot write " + file, e);
        }
        watch.accept(made);
    }

    /** An operation as the line that stands in the file. */
    public static String line(Op op) {
        return OpLines.write(op);
    }

    /** The operation of a line. */
    public static Op op(String line) {
        return OpLines.read(line);
    }

    /** Where it is. */
    public Path file() {
        return file;
    }

    @Override
    public synchronized void close() {
        try {
            lines.close();
        } catch (IOException e) {
            throw new UncheckedIOException("history: cannot close " + file, e);
        }
    }

    /**
     * Reads a history from its start.
     *
     * @throws UncheckedIOException when the file cannot be read
     */
    public static void replay(Path file, Consumer<Op> consumer) {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                consumer.accept(OpLines.read(line));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("history: cannot read " + file, e);
        }
    }
}
