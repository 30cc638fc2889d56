package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.flow.LogBudget;
import io.rejoin.flow.Ticker;
import io.rejoin.quorum.Voter;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomLimits;
import io.rejoin.room.RoomRecord.Moment;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What the processors of room logs need on the member that runs them; found in the member's user context.
 *
 * <p>Threading: immutable, thread-safe.
 *
 * @param rooms bounds of the logs that this member owns
 * @param budget of those logs together
 * @param voter what this node knows of electorates
 * @param random for the tags of terms
 */
record RoomLogContext(
        RoomLimits rooms,
        LogBudget budget,
        InSyncGate gate,
        Voter voter,
        InstantSource clock,
        Ticker ticker,
        RandomGenerator random) {

    /** Key in the user context. */
    static final String KEY = "rejoin.room-log";

    /** The context of a member. */
    static RoomLogContext of(HazelcastInstance member) {
        Object context = member.getUserContext().get(KEY);
        if (context instanceof RoomLogContext roomLog) {
            return roomLog;
        }
        throw new IllegalStateException("user context has no " + KEY + " (expected: set before the member starts)");
    }

    /** Bounds of a room's log, as this member is configured. */
    LogLimits limits(String room) {
        return rooms.of(room);
    }

    /** What is the same in all rooms: the window of numbers, leases and idle times. */
    LogLimits sharedLimits() {
        return rooms.shared();
    }

    Moment now(HazelcastInstance member) {
        return new Moment(
                member.getCluster().getLocalMember().getUuid(),
                voter.opened().number(),
                clock.millis(),
                ticker.millis(),
                random);
    }
}
