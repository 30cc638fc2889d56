package io.rejoin.clusterconfig;

import java.time.Duration;

/**
 * How patient the members of a cluster are with each other.
 *
 * <p>Threading: immutable.
 *
 * @param heartbeatInterval between heartbeats of members
 * @param heartbeatTimeout a member that was silent for this long is removed
 * @param backupTimeout an append whose copies have not answered by then has an unknown outcome
 * @param callTimeout a call whose owner has not answered by twice that has an unknown outcome
 * @param mastershipTimeout how long members wait for each other to agree on a master. Hazelcast takes the seconds for the number of
 *     tries, too, and the first fourteen pass within a second: a member that notices the death of a master later than its successor
 *     refuses the successor that long, and is left out for it. So this has to be far longer than members may differ in noticing
 * @param firstMergeDelay after the start, until the first look for a larger cluster
 * @param nextMergeDelay between later looks
 * @param backupSync how often copies are compared with their owner
 * @param joinWait how long a starting member waits for others to start, too
 * @param beginWait how long a majority that remembers nothing waits for the other planned members, who might, before it begins
 *     without them
 * @param gracefulShutdown how long a leaving member may take to hand over its partitions
 */
public record ClusterTiming(
        Duration heartbeatInterval,
        Duration heartbeatTimeout,
        Duration backupTimeout,
        Duration callTimeout,
        Duration mastershipTimeout,
        Duration firstMergeDelay,
        Duration nextMergeDelay,
        Duration backupSync,
        Duration joinWait,
        Duration beginWait,
        Duration gracefulShutdown) {

    /**
     * What a node runs with. A frozen member is removed after ten seconds, because on two busy cores less evicts healthy ones; the
     * backup timeout bounds what a killed copy costs the appends in flight.
     */
    public static final ClusterTiming PRODUCTION = new ClusterTiming(
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMillis(1_500),
            Duration.ofSeconds(10),
            Duration.ofMinutes(1),
            Duration.ofSeconds(15),
            Duration.ofSeconds(10),
            Duration.ofSeconds(5),
            Duration.ofSeconds(1),
            Duration.ofMinutes(1),
            Duration.ofSeconds(30));

    /** The same with another wait for others to start. */
    public ClusterTiming withJoinWait(Duration wait) {
        return new ClusterTiming(
                heartbeatInterval,
                heartbeatTimeout,
                backupTimeout,
                callTimeout,
                mastershipTimeout,
                firstMergeDelay,
                nextMergeDelay,
                backupSync,
                wait,
                beginWait,
                gracefulShutdown);
    }

    /** The same with another delay before and between looks for a larger cluster. */
    public ClusterTiming withMergeDelay(Duration delay) {
        return new ClusterTiming(
                heartbeatInterval,
                heartbeatTimeout,
                backupTimeout,
                callTimeout,
                mastershipTimeout,
                delay,
                delay,
                backupSync,
                joinWait,
                beginWait,
                gracefulShutdown);
    }
}
