package io.rejoin.chaos.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace behind a link that lets through only so many bytes per second towards it, as a mobile network does.
 *
 * <p>Threading: one thread. Failure: it needs root and iproute2; without them it fails, it never skips. It is also taken away when this
 * process ends by a signal.
 */
final class SlowLink implements AutoCloseable {

    /** Towards the namespace. */
    static final String NEAR_ADDRESS = "10.231.77.1";

    private static final String FAR_ADDRESS = "10.231.77.2";
    private static final String PREFIX_LENGTH = "/30";
    /** What the link's own queue may hold, in time. */
    private static final String QUEUE = "200ms";
    /** A packet of the link, with some room. */
    private static final String BURST = "2kb";

    private static final long COMMAND_SECONDS = 10;

    private final String namespace = "rejoin-flow-" + ProcessHandle.current().pid();
    private final String near = "rjf" + ProcessHandle.current().pid();
    private final String far = near + "p";
    private final Thread hook = new Thread(this::remove, "flow-link-end");

    /** Makes the namespace and the link. */
    SlowLink(long bytesPerSecond) {
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            run("ip", "netns", "add", namespace);
            run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace);
            run("ip", "addr", "add", NEAR_ADDRESS + PREFIX_LENGTH, "dev", near);
            run("ip", "link", "set", near, "up");
            run("ip", "-n", namespace, "addr", "add", FAR_ADDRESS + PREFIX_LENGTH, "dev", far);
            run("ip", "-n", namespace, "link", "set", far, "up");
            String rate = bytesPerSecond * 8 + "bit";
            run("tc", "qdisc", "add", "dev", near, "root", "tbf", "rate", rate, "burst", BURST, "latency", QUEUE);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** A command that runs inside the namespace. */
    List<String> inside(List<String> command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        return all;
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process ends: the hook itself runs, or has run.
            return;
        }
    }

    /** Takes away what is there; the link goes with its namespace, later than this returns when a process still runs inside. */
    private void remove() {
        tryRun("ip", "link", "del", near);
        tryRun("ip", "netns", "del", namespace);
    }

    private static void run(String... command) {
        String fault = tryRun(command);
        if (!fault.isEmpty()) {
            throw new IllegalStateException(
                    String.join(" ", command) + ": " + fault + " (expected: root, and iproute2 with tc)");
        }
    }

    /** Returns why it failed, empty when it did not. */
    private static String tryRun(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return "still running after " + COMMAND_SECONDS + " s";
            }
            return process.exitValue() == 0 ? "" : "ended with " + process.exitValue() + ", " + output.trim();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command[0] + " (expected: iproute2)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}
