package io.rejoin.chaos.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A member that gets a tenth of what a conflated room publishes still sees values that are fresh: once it reads slowly, and once its
 * network is slow.
 */
final class Throttled implements Show {

    private static final String ROOM = "conflated/prices";
    private static final String NODE = """
            heartbeat:
              interval: 120s
            rooms:
              "conflated/": {class: conflated}
            """;

    private static final int KEYS = 100;
    /** Makes a publication, as the member gets it, about 200 bytes. */
    private static final int PADDING = 16;

    private static final double PER_SECOND = 1_000;
    private static final long BYTES_PER_SECOND = 20_000;
    private static final int RECEIVE_BUFFER = 2 << 10;
    private static final long MOST_STALE_MS = 2_000;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "throttled";
    }

    @Override
    public void run(FlowPlan plan, Random random, Path directory, Report report) {
        try (FlowNode node = FlowNode.start(directory, NODE);
                FlowLoop loop = new FlowLoop()) {
            FlowSocket.Options options = FlowSocket.Options.to(node.endpoint());
            FlowPublisher publisher = loop.call(() -> new FlowPublisher(
                    loop,
                    options,
                    ROOM,
                    FlowPublisher.Load.full(PADDING).withKeys(KEYS).withRate(PER_SECOND)));
            loop.await(publisher::isWelcome, LIMIT, publisher::state);
            loop.run(() -> publisher.publish(Long.MAX_VALUE / 2));
            Follower.Result fast = Follower.follow(loop, options, ROOM, KEYS, Pace.FULL, 1);
            report.tell(name(), "bytes/s of a member that reads all", fast.bytesPerSecond());
            Follower.Result slow = Follower.follow(
                    loop,
                    options.withReceiveBuffer(RECEIVE_BUFFER),
                    ROOM,
                    KEYS,
                    new Pace(BYTES_PER_SECOND),
                    plan.followSeconds());
            tell(report, "slow reader", slow, fast);
            tell(report, "slow link", behindSlowLink(node, plan), fast);
        }
    }

    private Follower.Result behindSlowLink(FlowNode node, FlowPlan plan) {
        try (SlowLink link = new SlowLink(BYTES_PER_SECOND)) {
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            Process process = new ProcessBuilder(link.inside(List.of(
                            java.toString(),
                            "-Xmx64m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Follower.class.getName(),
                            SlowLink.NEAR_ADDRESS,
                            Integer.toString(node.endpoint().port()),
                            ROOM,
                            Integer.toString(KEYS),
                            Integer.toString(plan.followSeconds()))))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IllegalStateException("the follower in the namespace failed: " + output);
                }
                return Follower.Result.of(output.lines().reduce("", (first, second) -> second));
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run a follower in a network namespace", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a follower follows", e);
        }
    }

    private void tell(Report report, String how, Follower.Result result, Follower.Result fast) {
        report.require(
                name(),
                how + ": bytes/s",
                result.bytesPerSecond(),
                "at most a fifth of all",
                result.values() > 0 && result.bytesPerSecond() * 5 <= fast.bytesPerSecond());
        report.tell(name(), how + ": publications left out", result.conflated());
        report.tell(name(), how + ": staleness p99, ms", result.p99Ms());
        report.require(
                name(),
                how + ": staleness at most, ms",
                result.maxMs(),
                "< " + MOST_STALE_MS,
                result.maxMs() < MOST_STALE_MS);
        report.require(name(), how + ": disconnects", result.closes(), "0", result.closes() == 0);
        report.require(
                name(),
                how + ": promises broken",
                result.faults().encode(),
                "[]",
                result.faults().isEmpty());
    }
}
