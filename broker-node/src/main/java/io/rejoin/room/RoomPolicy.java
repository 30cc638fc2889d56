package io.rejoin.room;

import java.time.Duration;

/**
 * What holds for the rooms of one namespace.
 *
 * <p>Threading: immutable.
 *
 * @param roomClass how slow members are treated, and whether there is a log
 * @param historyCount most retained publications; 0 without a log, as are the other bounds of a log then
 * @param historyBytes most retained bytes
 * @param historyAge publications older than this are let go
 * @param members most members of one room on one node; 0 for no limit
 * @param publishers most publishers of one room whose numbers are remembered
 * @param publishRate most publishes per second into one room through one node; 0 for no limit
 * @param publishRight who may publish
 * @param slowConsumerGrace how long a member may wait for its socket without progress
 * @param slowConsumerAction what becomes of it then
 * @param conflationInterval shortest time between two deliveries to a member, of which the later one is conflated; zero for none,
 *     and for every class that is not conflated
 * @param presence whether members are told who is there
 */
public record RoomPolicy(
        RoomClass roomClass,
        int historyCount,
        long historyBytes,
        Duration historyAge,
        int members,
        int publishers,
        int publishRate,
        PublishRight publishRight,
        Duration slowConsumerGrace,
        SlowConsumerAction slowConsumerAction,
        Duration conflationInterval,
        boolean presence) {

    /** Lets go what means nothing to the class. */
    public RoomPolicy {
        if (roomClass == RoomClass.EPHEMERAL) {
            historyCount = 0;
            historyBytes = 0;
            historyAge = Duration.ZERO;
            publishers = 0;
        }
        if (roomClass != RoomClass.CONFLATED) {
            conflationInterval = Duration.ZERO;
        }
    }

    /** What rooms of no configured namespace get, with the bounds of a log. */
    public static RoomPolicy withLog(LogLimits log) {
        return new RoomPolicy(
                RoomClass.DURABLE,
                log.publications(),
                log.bytes(),
                Duration.ofMillis(log.ageMs()),
                0,
                log.publishers(),
                0,
                PublishRight.ANYONE,
                Duration.ofSeconds(15),
                SlowConsumerAction.CLOSE,
                Duration.ZERO,
                false);
    }

    /**
     * Bounds of the log of a room with this policy.
     *
     * @param shared what holds for all rooms, whatever their policy
     */
    LogLimits limits(LogLimits shared) {
        return new LogLimits(
                historyCount,
                historyBytes,
                historyAge.toMillis(),
                publishers,
                shared.publisherBytes(),
                shared.inflight(),
                shared.forgetMs(),
                shared.leaseMs(),
                shared.idleMs());
    }
}
