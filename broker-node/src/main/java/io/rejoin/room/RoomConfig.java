package io.rejoin.room;

import java.time.Duration;

/**
 * Settings of rooms.
 *
 * <p>Threading: immutable.
 *
 * @param log bounds of each room's replicated log, as far as its policy has no other
 * @param tailPublications most frames of a room's tail on a node
 * @param tailBytes most bytes of a room's tail on a node
 * @param publicationBytes largest value of one publication
 * @param batchDrafts most drafts in one append
 * @param batchBytes most bytes in one append
 * @param queueDrafts most drafts that wait for one room on a node
 * @param queueBytes most bytes that wait for one room on a node
 * @param pageBytes most bytes of one read from the log
 * @param passBytes most bytes written to one member in one pass
 * @param earlyBytes most bytes of relayed batches that wait for an earlier one
 * @param earlyWait how long they wait before the log is read
 * @param publishTimeout a publish that is not settled by then is answered {@code unavailable}
 * @param joinTimeout a join that is not answered by then is answered {@code unavailable}
 * @param renewInterval how often a node renews its interest and learns the heads
 * @param linger how long a room without members keeps its tail and interest
 * @param policies what differs by namespace
 */
public record RoomConfig(
        LogLimits log,
        int tailPublications,
        int tailBytes,
        int publicationBytes,
        int batchDrafts,
        int batchBytes,
        int queueDrafts,
        int queueBytes,
        int pageBytes,
        int passBytes,
        int earlyBytes,
        Duration earlyWait,
        Duration publishTimeout,
        Duration joinTimeout,
        Duration renewInterval,
        Duration linger,
        RoomPolicies policies) {

    /**
     * Bounds of a tail.
     *
     * @param publications most frames
     * @param bytes most bytes
     */
    public record Tail(int publications, int bytes) {}

    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    /** What a node runs with unless told otherwise. */
    public static RoomConfig withLog(LogLimits log) {
        return of(
                log,
                new Tail(2_048, MIB),
                64 * KIB,
                Duration.ofSeconds(10),
                RoomPolicies.same(RoomPolicy.withLog(log)));
    }

    /**
     * What a node runs with but for what is told.
     *
     * @param tail bounds of a room's tail on a node
     * @param publicationBytes largest value of one publication
     */
    public static RoomConfig of(
            LogLimits log, Tail tail, int publicationBytes, Duration publishTimeout, RoomPolicies policies) {
        return new RoomConfig(
                log,
                tail.publications(),
                tail.bytes(),
                publicationBytes,
                512,
                256 * KIB,
                8_192,
                4 * MIB,
                128 * KIB,
                64 * KIB,
                MIB,
                Duration.ofMillis(50),
                publishTimeout,
                Duration.ofSeconds(2),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                policies);
    }

    /** Bounds of the logs by room. */
    public RoomLimits limits() {
        return RoomLimits.of(log, policies);
    }

    /** The same with other policies. */
    public RoomConfig withPolicies(RoomPolicies others) {
        return new RoomConfig(
                log,
                tailPublications,
                tailBytes,
                publicationBytes,
                batchDrafts,
                batchBytes,
                queueDrafts,
                queueBytes,
                pageBytes,
                passBytes,
                earlyBytes,
                earlyWait,
                publishTimeout,
                joinTimeout,
                renewInterval,
                linger,
                others);
    }
}
