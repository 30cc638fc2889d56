package io.rejoin.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.rejoin.quorum.Voter;
import io.rejoin.value.NodeId;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is in the cluster, as this node sees it now.
 *
 * <p>Threading: thread-safe; the listener is told on one Vert.x context, unless a method says otherwise.
 */
public final class Membership {

    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final long REFRESH_MS = 2_000;
    private static final int MOST_BLOCKED_LOOKS = 5;

    private final Vertx vertx;
    private final HazelcastInstance hazelcast;
    private final PlannedMembers planned;
    private final String planMap;
    private final ClusterMetrics metrics;
    private final NodeId self;
    private final Voter voter;
    private final Context context;
    private volatile Set<UUID> members;
    /** Refreshes in a row at which this node might not acknowledge; written on the context. */
    private volatile int blockedLooks;
    /** What the listener knows; confined to the context. */
    private boolean majorityTold;

    private @Nullable UUID membershipListener;
    private @Nullable UUID lifecycleListener;
    private long timer = -1;

    /** Told what happened to the cluster. */
    public interface Listener {

        /** A node left, however. */
        void onLeft(NodeId node);

        /** The majority of the planned members came into sight, or was lost from it. */
        void onMajority(boolean seen);

        /**
         * This node was on the smaller side of a split and is about to join the larger one: what it knew is void from now on. Told on
         * Hazelcast's own thread, before it joins, so it must not wait.
         */
        void onRejoining();

        /** This node is now another member of the larger side. */
        void onRejoined();
    }

    /**
     * Looks at the cluster.
     *
     * @param planMap name of the map that holds the number of planned members
     */
    public Membership(
            Vertx vertx, HazelcastInstance hazelcast, PlannedMembers planned, String planMap, ClusterMetrics metrics) {
        this.vertx = vertx;
        this.hazelcast = hazelcast;
        this.planned = planned;
        this.planMap = planMap;
        this.metrics = metrics;
        this.self = new NodeId(hazelcast.getCluster().getLocalMember().getUuid());
        this.voter = RoomLogContext.of(hazelcast).voter();
        this.context = vertx.getOrCreateContext();
        this.members = look();
        this.majorityTold = seesMajority();
    }

    /** This node's incarnation. */
    public NodeId self() {
        return self;
    }

    /** Whether a node is in the cluster. */
    public boolean contains(NodeId node) {
        return members.contains(node.value());
    }

    /** Members seen now. */
    public int size() {
        return members.size();
    }

    /** Whether a majority of the planned members is seen. */
    public boolean seesMajority() {
        return members.size() * 2 > planned.current();
    }

    /** Whether this node's memory counts: what is acknowledged is where it has to be, should one more node be lost now. */
    public boolean isVoter() {
        return voter.opened().voters().contains(self.value());
    }

    /** Whether this node may acknowledge nothing for longer than members need to agree after one left. */
    public boolean isBlocked() {
        return blockedLooks == MOST_BLOCKED_LOOKS;
    }

    private void lookWhetherBlocked() {
        boolean mayAcknowledge = voter.mayAcknowledge(members::contains, planned.current());
        blockedLooks = mayAcknowledge ? 0 : Math.min(blockedLooks + 1, MOST_BLOCKED_LOOKS);
    }

    /** Begins to tell a listener. */
    public void start(Listener listener) {
        membershipListener = hazelcast.getCluster().addMembershipListener(new MembershipAdapter() {
            @Override
            public void memberAdded(MembershipEvent event) {
                onMembers(listener);
                context.runOnContext(ignored -> refreshPlan(listener));
            }

            @Override
            public void memberRemoved(MembershipEvent event) {
                onMembers(listener);
                NodeId left = new NodeId(event.getMember().getUuid());
                LOG.info("node left node={} members={}", left, members.size());
                context.runOnContext(ignored -> listener.onLeft(left));
            }
        });
        lifecycleListener = hazelcast.getLifecycleService().addLifecycleListener(event -> {
            if (event.getState() == LifecycleEvent.LifecycleState.MERGING) {
                listener.onRejoining();
            } else if (event.getState() == LifecycleEvent.LifecycleState.MERGED
                    || event.getState() == LifecycleEvent.LifecycleState.MERGE_FAILED) {
                LOG.warn("this node was cut off and joined again as another member state={}", event.getState());
                context.runOnContext(ignored -> listener.onRejoined());
            }
        });
        if (!hazelcast.getCluster().getLocalMember().getUuid().equals(self.value())) {
            // Cut off and joined again before anybody listened.
            context.runOnContext(ignored -> listener.onRejoined());
        }
        // Who came or left between the first look and the listener.
        onMembers(listener);
        refreshPlan(listener);
        refreshLater(listener);
    }

    /** Stops telling. */
    public void stop() {
        vertx.cancelTimer(timer);
        if (hazelcast.getLifecycleService().isRunning()) {
            if (membershipListener != null) {
                hazelcast.getCluster().removeMembershipListener(membershipListener);
            }
            if (lifecycleListener != null) {
                hazelcast.getLifecycleService().removeLifecycleListener(lifecycleListener);
            }
        }
    }

    /** This node leaves gracefully: one member fewer is planned. */
    public io.vertx.core.Future<Void> leave() {
        return planned.leave(vertx, hazelcast, planMap);
    }

    private void onMembers(Listener listener) {
        Set<UUID> now;
        // Two threads may be here at the start; whoever writes last looks once more.
        do {
            now = look();
            planned.saw(now.size());
            members = now;
        } while (!now.equals(look()));
        tellMajority(listener);
    }

    /** To be called whenever members or plan have changed. */
    private void tellMajority(Listener listener) {
        context.runOnContext(ignored -> {
            boolean seen = seesMajority();
            if (seen != majorityTold) {
                majorityTold = seen;
                LOG.warn("majority {} members={} planned={}", seen ? "seen" : "lost", size(), planned.current());
                listener.onMajority(seen);
            }
        });
    }

    private void refreshLater(Listener listener) {
        timer = vertx.setTimer(REFRESH_MS, fired -> {
            refreshLater(listener);
            refreshPlan(listener);
            lookWhetherBlocked();
            measure();
        });
    }

    private void refreshPlan(Listener listener) {
        planned.refresh(vertx, hazelcast, planMap)
                .onSuccess(learned -> tellMajority(listener))
                .onFailure(unknown -> LOG.debug("planned members were not refreshed", unknown));
    }

    private void measure() {
        metrics.onMembers(members.size(), planned.current());
        vertx.executeBlocking(() -> hazelcast.getPartitionService().isLocalMemberSafe(), false)
                .onSuccess(metrics::onSafe)
                .onFailure(unknown -> metrics.onSafe(false));
    }

    private Set<UUID> look() {
        return hazelcast.getCluster().getMembers().stream()
                .map(Member::getUuid)
                .collect(Collectors.toUnmodifiableSet());
    }
}
