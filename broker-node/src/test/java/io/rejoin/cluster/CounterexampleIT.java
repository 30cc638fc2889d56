package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.ClusterState;
import com.hazelcast.core.HazelcastInstance;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.room.AppendResult;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.Publication;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The schedules that broke earlier designs of the log, on real members. */
@Timeout(90)
final class CounterexampleIT extends LogTest {

    private static final RoomId ROOM = new RoomId("counterexample");
    private static final NodeId NODE = new NodeId(new UUID(0, 1));

    private Vertx vertx;
    private TestMembers members;

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomLogContract.LIMITS);
    }

    @AfterEach
    void stopMembers() {
        members.close();
        await(vertx.close());
    }

    /** The member that holds a replica of the room: 0 is the owner, 1 the copy. */
    private HazelcastInstance replica(int index) {
        return members.replicaOf(ROOM.name(), index);
    }

    private HazelcastInstance bystander() {
        return members.members().stream()
                .filter(member -> member.getLifecycleService().isRunning())
                .filter(member -> member != replica(0) && member != replica(1))
                .findFirst()
                .orElseThrow();
    }

    private HazelcastRoomLog logOf(HazelcastInstance member) {
        return new HazelcastRoomLog(vertx, member, StructureNames.ROOMS);
    }

    /** A copy that takes nothing, as one that lost a message: whatever comes is refused and not acknowledged. */
    private static Object breakCopy(HazelcastInstance member) {
        return member.getUserContext().remove(RoomLogContext.KEY);
    }

    private static void mendCopy(HazelcastInstance member, Object context) {
        member.getUserContext().put(RoomLogContext.KEY, context);
    }

    /** Lets partitions move again; refused while the last ones are still being counted. */
    private static boolean isActive(HazelcastInstance member) {
        try {
            member.getCluster().changeClusterState(ClusterState.ACTIVE);
            return true;
        } catch (IllegalStateException stillPending) {
            return false;
        }
    }

    private static <T> Throwable awaitFailure(Future<T> future) {
        Await.until(future::isComplete, () -> "future is not complete");
        assertThat(future.failed()).as("failed").isTrue();
        return future.cause();
    }

    private AppendResult.Settled awaitSettled(HazelcastRoomLog log, String session, long number) {
        AtomicReference<AppendResult.Settled> settled = new AtomicReference<>();
        AtomicReference<Future<AppendResult>> tried = new AtomicReference<>();
        Await.until(
                () -> {
                    Future<AppendResult> current = tried.get();
                    if (current == null) {
                        tried.set(log.append(ROOM, List.of(draft(session, number, number, Long.toString(number)))));
                    } else if (current.isComplete()) {
                        tried.set(null);
                        if (current.succeeded() && current.result() instanceof AppendResult.Settled result) {
                            settled.set(result);
                        }
                    }
                    return settled.get() != null;
                },
                () -> "append was not settled");
        return settled.get();
    }

    private List<Publication> awaitHistory(HazelcastRoomLog log) {
        AtomicReference<List<Publication>> read = new AtomicReference<>();
        AtomicReference<Future<?>> tried = new AtomicReference<>();
        Await.until(
                () -> {
                    if (tried.get() == null || (tried.get().isComplete() && read.get() == null)) {
                        tried.set(log.history(ROOM, null, 100).onSuccess(page -> read.set(page.publications())));
                    }
                    return read.get() != null;
                },
                () -> "history was not read");
        return read.get();
    }

    @Test
    @Spec({"PB-3", "PB-17"})
    void aRetryAnsweredAsDuplicateIsReplicated() {
        HazelcastInstance owner = replica(0);
        HazelcastInstance copy = replica(1);
        HazelcastRoomLog log = logOf(bystander());
        Object context = breakCopy(copy);

        awaitFailure(log.append(ROOM, List.of(draft("s", 1, 1, "1"))));
        awaitFailure(log.append(ROOM, List.of(draft("s", 1, 1, "1"))));
        mendCopy(copy, context);
        AppendResult.Settled settled = awaitSettled(log, "s", 1);
        owner.getLifecycleService().terminate();

        assertThat(settled.outcomes().get(0)).isInstanceOf(DraftOutcome.Duplicate.class);
        assertThat(awaitHistory(log)).extracting(Publication::number).containsExactly(1L);
    }

    @Test
    void theGateRefusesAnOwnerWhoseCopyIsMissingAlthoughAnotherReplicaIsThere() {
        HazelcastInstance owner = replica(0);
        HazelcastInstance copy = replica(1);
        HazelcastRoomLog log = logOf(owner);
        awaitSettled(log, "s", 1);
        members.awaitSafe();
        owner.getCluster().changeClusterState(ClusterState.NO_MIGRATION);
        copy.getLifecycleService().terminate();
        Await.until(
                () -> owner.getCluster().getMembers().size() == 2,
                () -> "members=" + owner.getCluster().getMembers());

        AtomicReference<AppendResult> refused = new AtomicReference<>();
        Await.until(
                () -> {
                    Future<AppendResult> tried = log.append(ROOM, List.of(draft("s", 2, 2, "2")));
                    Await.until(tried::isComplete, () -> "append is not complete");
                    if (tried.succeeded()) {
                        refused.set(tried.result());
                    }
                    return tried.succeeded();
                },
                () -> "append was not answered");
        Await.until(() -> isActive(owner), () -> "state=" + owner.getCluster().getClusterState());
        AppendResult.Settled settled = awaitSettled(log, "s", 2);

        assertThat(refused.get()).isInstanceOf(AppendResult.NotInSync.class);
        assertThat(settled.outcomes().get(0)).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    @Spec({"HI-9", "RM-2"})
    void aJoinOrAPageNeverShowsWhatIsNotAcknowledged() {
        HazelcastRoomLog log = logOf(replica(0));
        HazelcastInstance copy = replica(1);
        awaitSettled(log, "s", 1);
        Object context = breakCopy(copy);
        awaitFailure(log.append(ROOM, List.of(draft("s", 2, 2, "2"))));

        awaitFailure(log.join(ROOM, NODE, List.of(new JoinQuery(null, 0))));
        awaitFailure(log.history(ROOM, null, 10));
        mendCopy(copy, context);
        awaitSettled(log, "s", 2);

        assertThat(awaitHistory(log)).extracting(Publication::number).containsExactly(1L, 2L);
    }

    @Test
    @Spec({"RM-14", "RM-15"})
    void aTermThatDiedUnreplicatedIsNotMistakenForItsSuccessor() {
        HazelcastInstance first = replica(0);
        HazelcastInstance second = replica(1);
        HazelcastInstance third = bystander();
        Position acknowledged = ((DraftOutcome.Applied)
                        awaitSettled(logOf(third), "s", 1).outcomes().get(0))
                .position();
        first.getLifecycleService().terminate();
        members.awaitSafe();
        Object context = breakCopy(third);
        awaitFailure(logOf(second).append(ROOM, List.of(draft("s", 2, 2, "\"dies\""))));
        IMapReader reader = new IMapReader(second);
        Position dead = reader.head(ROOM);
        second.getLifecycleService().terminate();
        mendCopy(third, context);
        // The second one may have gone on elsewhere, for all that the third knows, until all are there.
        members.restartAll();
        HazelcastRoomLog log = logOf(third);
        Position successor =
                ((DraftOutcome.Applied) awaitSettled(log, "other", 1).outcomes().get(0)).position();

        JoinedResult start = await(log.join(ROOM, NODE, List.of(new JoinQuery(dead, 0))))
                .starts()
                .get(0);

        assertThat(dead.offset()).isEqualTo(acknowledged.offset() + 1);
        assertThat(successor.offset()).isEqualTo(dead.offset());
        assertThat(successor.epoch()).isNotEqualTo(dead.epoch());
        assertThat(start).isInstanceOf(JoinedResult.Gapped.class);
        assertThat(((JoinedResult.Gapped) start).gap().reason()).isEqualTo(GapReason.EPOCH);
    }

    /** Reads a record from the member that owns it, acknowledged or not. */
    private record IMapReader(HazelcastInstance member) {
        Position head(RoomId room) {
            RoomEntry entry =
                    member.<String, RoomEntry>getMap(StructureNames.ROOMS).get(room.name());
            return entry.log().head();
        }
    }
}
