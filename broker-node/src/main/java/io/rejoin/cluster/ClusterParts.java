package io.rejoin.cluster;

import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.HazelcastConfigFactory.MergePolicies;
import io.rejoin.clusterconfig.HazelcastConfigFactory.NodeParts;
import io.rejoin.flow.LogBudget;
import io.rejoin.flow.Ticker;
import io.rejoin.quorum.Voter;
import io.rejoin.room.RoomLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Builds what a Hazelcast member needs of this package before it starts.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class ClusterParts {

    /** A session's record outlives its window by one missed touch. */
    private static final int TOUCHES_PER_WINDOW = 3;

    private ClusterParts() {}

    /**
     * Gives the parts of one member.
     *
     * @param limits bounds of the logs; the member that owns a room decides by its own
     * @param budget of the logs that the member owns
     * @param sessionWindow how long a session outlives its connection; connected ones are touched every third of it
     * @param voter for as long as the process lives
     * @param random for the tags of terms
     */
    public static NodeParts of(
            ClusterConfig cluster,
            RoomLimits limits,
            LogBudget budget,
            Duration sessionWindow,
            PlannedMembers planned,
            Voter voter,
            InstantSource clock,
            Ticker ticker,
            RandomGenerator random) {
        InSyncGate gate = new InSyncGate(cluster.copies(), cluster.minInSync(), voter, planned::current);
        Duration idle =
                sessionWindow.plus(sessionWindow.dividedBy(TOUCHES_PER_WINDOW)).plusSeconds(1);
        return new NodeParts(
                idle,
                planned::current,
                RoomSerializers.FACTORY_ID,
                new RoomSerializers(ticker),
                new MergePolicies(RoomMergePolicy.class, SessionMergePolicy.class),
                Map.of(RoomLogContext.KEY, new RoomLogContext(limits, budget, gate, voter, clock, ticker, random)));
    }
}
