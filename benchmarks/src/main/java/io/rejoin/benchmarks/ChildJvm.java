package io.rejoin.benchmarks;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Another JVM with the class path and JVM arguments of this one, spoken to by lines.
 *
 * <p>What it prints besides lines that start with {@value #MARK} is its log and not kept; its error stream is this program's.
 *
 * <p>Threading: one thread.
 */
final class ChildJvm implements AutoCloseable {

    /** Starts each line that is meant for the parent. */
    static final String MARK = "@@ ";

    private final String name;
    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;

    private ChildJvm(String name, Process process) {
        this.name = name;
        this.process = process;
        this.in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts a main class in a JVM of its own. */
    static ChildJvm start(String name, Class<?> main, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(args));
        try {
            return new ChildJvm(
                    name,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + main.getName(), e);
        }
    }

    /** Starts any other program, whose output goes to a file. */
    static Process startProgram(List<String> command, Map<String, String> environment, Path log) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    long pid() {
        return process.pid();
    }

    void send(String line) {
        try {
            in.write(line);
            in.newLine();
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " does not take: " + line, e);
        }
    }

    /**
     * Waits for a line that starts with a word.
     *
     * @return the rest of the line
     * @throws IllegalStateException when the process ends instead, or says something else
     */
    String await(String word) {
        try {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(MARK + word)) {
                    return line.substring(MARK.length() + word.length()).trim();
                }
                if (line.startsWith(MARK)) {
                    throw new IllegalStateException(name + " says: " + line + " (expected: " + word + ")");
                }
            }
            throw new IllegalStateException(name + " ended (expected: " + word + ")");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read from " + name, e);
        }
    }

    @Override
    public void close() {
        stop(process);
    }

    /** SIGTERM, and SIGKILL when that does not help. */
    static void stop(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
