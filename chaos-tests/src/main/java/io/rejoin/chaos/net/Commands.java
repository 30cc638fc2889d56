package io.rejoin.chaos.net;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Commands of the system, each waited for.
 *
 * <p>Threading: thread-safe, stateless; blocks for at most ten seconds.
 */
public final class Commands {

    private static final long LIMIT_SECONDS = 10;

    private Commands() {}

    /**
     * Runs a command.
     *
     * @throws IllegalStateException when it fails; the message has its words
     */
    public static void run(String... command) {
        run(List.of(command), "");
    }

    /**
     * Runs a command.
     *
     * @param input what it reads
     * @throws IllegalStateException when it fails; the message has its words
     */
    public static void run(List<String> command, String input) {
        String text = String.join(" ", command);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("\"" + text + "\" still runs after " + LIMIT_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException("\"" + text + "\" failed: " + said.trim()
                        + " (expected: root, who may make network namespaces)");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot run \"" + text + "\" (expected: installed; apt-get install iproute2 iptables)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during \"" + text + "\"", e);
        }
    }
}
