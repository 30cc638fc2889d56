package io.rejoin.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.IExecutorService;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartitionService;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.quorum.Election;
import io.rejoin.quorum.Electorate;
import io.rejoin.quorum.Vote;
import io.rejoin.quorum.Voter;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds elections among the members of a Hazelcast cluster, for as long as this node's member lives.
 *
 * <p>It runs below Vert.x, which needs rooms and sessions to answer before it can start. A member that is a member no longer asks nobody and
 * is asked by nobody; when it becomes another one, it votes as that one.
 *
 * <p>Threading: all on one thread of its own, but for what the member's own events change in the {@link Voter}. Limits: one call per
 * member at a time in each step of a round.
 */
final class ClusterElection implements Election.Cluster {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterElection.class);
    private static final long LOOK_MS = 250;
    private static final long RESIGN_MS = 2_000;

    private final HazelcastInstanceImpl hazelcast;
    private final Duration beginWait;
    private final RoomLogContext context;
    private final IExecutorService calls;
    private final Election election = new Election(this);
    private final ScheduledExecutorService thread;
    private volatile @Nullable ScheduledFuture<?> looking;
    /** What patience is measured with. */
    private long looks;
    /** Changes only between {@code MERGING} and {@code MERGED}, which come one after the other. */
    private volatile UUID self;

    private ClusterElection(HazelcastInstanceImpl hazelcast, Duration beginWait, ScheduledExecutorService thread) {
        this.hazelcast = hazelcast;
        this.beginWait = beginWait;
        this.thread = thread;
        this.context = RoomLogContext.of(hazelcast);
        this.calls = hazelcast.getExecutorService(StructureNames.ELECTION);
        this.self = hazelcast.getCluster().getLocalMember().getUuid();
    }

    /** Begins, and ends by itself when the member ends, the thread with it. */
    static void start(HazelcastInstance member, Duration beginWait, ScheduledExecutorService thread) {
        HazelcastInstanceImpl hazelcast = ((HazelcastInstanceProxy) member).getOriginal();
        ClusterElection own = new ClusterElection(hazelcast, beginWait, thread);
        hazelcast.getLifecycleService().addLifecycleListener(event -> own.onState(event.getState()));
        hazelcast.getCluster().addMembershipListener(new MembershipAdapter() {
            @Override
            public void memberAdded(MembershipEvent event) {
                own.lookNow();
            }

            @Override
            public void memberRemoved(MembershipEvent event) {
                own.lookNow();
            }
        });
        own.looking = own.thread.scheduleWithFixedDelay(own::lookAgain, 0, LOOK_MS, TimeUnit.MILLISECONDS);
    }

    /** Tells all that a member leaves gracefully, so that nobody waits for its memory; blocks until they know, or shortly. */
    static void resign(HazelcastInstance member) {
        VoterCall call = VoterCall.resign(member.getCluster().getLocalMember().getUuid());
        try {
            CompletableFuture<?>[] told =
                    member.getExecutorService(StructureNames.ELECTION).submitToAllMembers(call).values().stream()
                            .map(ClusterElection::stage)
                            .map(stage -> stage.toCompletableFuture())
                            .toArray(CompletableFuture[]::new);
            CompletableFuture.allOf(told)
                    .completeOnTimeout(null, RESIGN_MS, TimeUnit.MILLISECONDS)
                    .join();
        } catch (RuntimeException notToldAll) {
            LOG.warn("not everybody knows that this member leaves", notToldAll);
        }
    }

    private static CompletionStage<?> stage(Future<?> answer) {
        if (answer instanceof CompletionStage<?> stage) {
            return stage;
        }
        throw new IllegalStateException("answer=" + answer.getClass() + " (expected: a completion stage)");
    }

    private void onState(LifecycleState state) {
        Voter voter = context.voter();
        switch (state) {
            case MERGING -> voter.onMerging(self);
            case MERGED -> {
                self = hazelcast.getCluster().getLocalMember().getUuid();
                voter.onMerged();
                lookNow();
            }
            case MERGE_FAILED -> {
                self = hazelcast.getCluster().getLocalMember().getUuid();
                voter.onMergeFailed();
            }
            case SHUTDOWN -> end();
            default -> {
                // Nothing that an election depends on.
            }
        }
    }

    private void end() {
        ScheduledFuture<?> again = looking;
        if (again != null) {
            again.cancel(false);
        }
        thread.shutdown();
    }

    private void lookNow() {
        try {
            thread.execute(this::look);
        } catch (RejectedExecutionException ended) {
            LOG.debug("no election any more", ended);
        }
    }

    private void lookAgain() {
        looks++;
        look();
    }

    private void look() {
        try {
            if (hazelcast.node.getClusterService().isJoined()) {
                election.look();
            }
        } catch (RuntimeException notActive) {
            // The member joins another cluster or ends; the next look comes in any case.
            LOG.debug("cluster was not looked at", notActive);
        }
    }

    @Override
    public boolean isOldest() {
        return hazelcast.node.getClusterService().isMaster();
    }

    @Override
    public Set<UUID> view() {
        Set<UUID> view = new HashSet<>();
        hazelcast.getCluster().getMembers().forEach(member -> view.add(member.getUuid()));
        return view;
    }

    @Override
    public int planned() {
        return context.gate().planned();
    }

    @Override
    public long beginWaitMs() {
        return beginWait.toMillis();
    }

    @Override
    public boolean isComplete() {
        InternalPartitionService partitions = hazelcast.node.getPartitionService();
        if (partitions.getPartition(0, false).getReplica(0) == null) {
            // Hazelcast spreads partitions when the first operation comes, which waits for what is decided here.
            partitions.firstArrangement();
        }
        return context.gate().isComplete(hazelcast);
    }

    @Override
    public long timeMs() {
        return context.clock().millis();
    }

    @Override
    public long tick() {
        return looks * LOOK_MS;
    }

    @Override
    public void ask(UUID member, Consumer<Vote> onVote) {
        call(member, VoterCall.vote(), answer -> {
            try {
                onVote.accept(VoterCall.voteOf(answer));
            } catch (IOException broken) {
                LOG.warn("vote of {} bytes cannot be read member={}", answer.length, member, broken);
            }
        });
    }

    @Override
    public void offer(UUID member, Electorate electorate, long expected, Consumer<Boolean> onAccepted) {
        call(
                member,
                VoterCall.accept(member, electorate, expected),
                answer -> onAccepted.accept(VoterCall.isYes(answer)));
    }

    @Override
    public void open(UUID member, Electorate electorate, Consumer<Boolean> onOpened) {
        call(member, VoterCall.open(member, electorate), answer -> onOpened.accept(VoterCall.isYes(answer)));
    }

    private void call(UUID id, VoterCall call, Consumer<byte[]> onAnswer) {
        Member member = hazelcast.node.getClusterService().getMember(id);
        if (member == null) {
            return;
        }
        stage(calls.submitToMember(call, member))
                .whenCompleteAsync((result, failure) -> take(id, result, failure, onAnswer), this::onThread);
    }

    private static void take(UUID id, @Nullable Object result, @Nullable Throwable failure, Consumer<byte[]> onAnswer) {
        if (failure == null && result instanceof byte[] bytes) {
            onAnswer.accept(bytes);
        } else {
            LOG.debug("no answer member={}", id, failure);
        }
    }

    private void onThread(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException ended) {
            LOG.debug("no election any more", ended);
        }
    }
}
