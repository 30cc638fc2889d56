package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Follows a room for some seconds and tells how old its values are when they are read. It can be a process of its own, which runs in a
 * network namespace: clocks of one machine are the same in all of its processes.
 */
final class Follower {

    private static final long WARM_UP_NANOS = 2_000_000_000L;
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(30);

    private Follower() {}

    /**
     * How it went.
     *
     * @param values read after the warm-up
     * @param bytesPerSecond read after the warm-up
     * @param p99Ms staleness
     * @param maxMs staleness
     * @param conflated publications announced as conflated
     * @param closes connections that ended
     * @param faults promises broken
     */
    record Result(
            long values, long bytesPerSecond, long p99Ms, long maxMs, long conflated, long closes, JsonArray faults) {

        String json() {
            return new JsonObject()
                    .put("values", values)
                    .put("bytesPerSecond", bytesPerSecond)
                    .put("p99Ms", p99Ms)
                    .put("maxMs", maxMs)
                    .put("conflated", conflated)
                    .put("closes", closes)
                    .put("faults", faults)
                    .encode();
        }

        static Result of(String json) {
            JsonObject o = new JsonObject(json);
            return new Result(
                    o.getLong("values"),
                    o.getLong("bytesPerSecond"),
                    o.getLong("p99Ms"),
                    o.getLong("maxMs"),
                    o.getLong("conflated"),
                    o.getLong("closes"),
                    o.getJsonArray("faults"));
        }
    }

    /** Arguments: host, port, room, keys, seconds. Prints the result as the last line. */
    public static void main(String[] args) {
        try (FlowLoop loop = new FlowLoop()) {
            FlowSocket.Options options =
                    FlowSocket.Options.to(new Endpoint("node", args[0], Integer.parseInt(args[1])));
            Result result =
                    follow(loop, options, args[2], Integer.parseInt(args[3]), Pace.FULL, Integer.parseInt(args[4]));
            new PrintWriter(System.out, true, StandardCharsets.UTF_8).println(result.json());
        }
    }

    static Result follow(FlowLoop loop, FlowSocket.Options options, String room, int keys, Pace pace, int seconds) {
        Delays delays = new Delays();
        FlowMember member = new FlowMember(loop, options, room, keys, pace, delays::onPublication);
        loop.run(member::connect);
        loop.await(member::isJoined, JOIN_LIMIT, () -> "follower not joined, closes=" + member.closes());
        LockSupport.parkNanos(WARM_UP_NANOS);
        long bytesBefore = loop.call(() -> {
            delays.take();
            return member.receivedBytes();
        });
        long start = System.nanoTime();
        LockSupport.parkNanos(seconds * 1_000_000_000L);
        return loop.call(() -> {
            Histogram staleness = delays.take();
            double took = (System.nanoTime() - start) / 1e9;
            member.leave();
            return new Result(
                    staleness.getTotalCount(),
                    Math.round((member.receivedBytes() - bytesBefore) / took),
                    Delays.p99(staleness) / 1_000,
                    staleness.getMaxValue() / 1_000,
                    member.stream().missing().getOrDefault("conflated", 0L),
                    member.closes().values().stream().mapToLong(Long::longValue).sum(),
                    new JsonArray(member.stream().faults()));
        });
    }
}
