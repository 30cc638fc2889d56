package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.impl.record.Record;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.room.AppendResult;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.LogLimits;
import io.rejoin.room.Publication;
import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomLimits;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicies.Namespace;
import io.rejoin.room.RoomPolicy;
import io.rejoin.room.SlowConsumerAction;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Logs bounded by the namespaces of their rooms, on members that are not configured alike. */
@Timeout(90)
final class RoomPolicyClusterIT extends LogTest {

    private static final LogLimits SHARED = RoomLogContract.LIMITS;
    private static final NodeId NODE = new NodeId(new UUID(0, 1));
    private static final int APPENDED = 10;

    private Vertx vertx;
    private TestMembers members;

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomPolicyClusterIT::limitsOf);
    }

    @AfterEach
    void stopMembers() {
        members.close();
        await(vertx.close());
    }

    /** Member 0 retains 3 in {@code own/}, member 1 retains 4, member 2 retains 5; the other namespaces are the same on all. */
    private static RoomLimits limitsOf(int member) {
        RoomPolicy fallback = RoomPolicy.withLog(SHARED);
        return RoomLimits.of(
                SHARED,
                new RoomPolicies(
                        fallback,
                        List.of(
                                new Namespace("own/", policy(RoomClass.DURABLE, 3 + member, 8)),
                                new Namespace("few/", policy(RoomClass.CONFLATED, 2, 1)),
                                new Namespace("few/but/", policy(RoomClass.DURABLE, 6, 2)),
                                new Namespace("none/", policy(RoomClass.EPHEMERAL, 0, 0)))));
    }

    private static RoomPolicy policy(RoomClass roomClass, int historyCount, int publishers) {
        return new RoomPolicy(
                roomClass,
                historyCount,
                SHARED.bytes(),
                Duration.ofMillis(SHARED.ageMs()),
                0,
                publishers,
                0,
                PublishRight.ANYONE,
                Duration.ofSeconds(15),
                SlowConsumerAction.CLOSE,
                Duration.ZERO,
                false);
    }

    private HazelcastRoomLog logOf(HazelcastInstance member) {
        return new HazelcastRoomLog(vertx, member, StructureNames.ROOMS);
    }

    private HazelcastInstance running() {
        return members.members().stream()
                .filter(member -> member.getLifecycleService().isRunning())
                .findFirst()
                .orElseThrow();
    }

    private RoomId roomOn(HazelcastInstance owner, String prefix) {
        return LongStream.range(0, 10_000)
                .mapToObj(number -> new RoomId(prefix + number))
                .filter(room -> members.replicaOf(room.name(), 0) == owner)
                .findFirst()
                .orElseThrow();
    }

    private DraftOutcome append(HazelcastInstance member, RoomId room, String session, long number) {
        AppendResult result = repeat(() -> logOf(member).append(room, List.of(draft(session, number, 0, "" + number))));
        return ((AppendResult.Settled) result).outcomes().get(0);
    }

    /** Repeats an append while its outcome is unknown, as callers of the log do. */
    private static AppendResult repeat(Supplier<Future<AppendResult>> call) {
        AtomicReference<Future<AppendResult>> last = new AtomicReference<>(call.get());
        Await.until(
                () -> {
                    Future<AppendResult> current = last.get();
                    boolean known = current.succeeded() && current.result() instanceof AppendResult.Settled;
                    if (current.isComplete() && !known) {
                        last.set(call.get());
                    }
                    return known;
                },
                () -> "outcome stays unknown: " + last.get().cause());
        return last.get().result();
    }

    private void appendAll(HazelcastInstance member, RoomId room) {
        for (long number = 1; number <= APPENDED; number++) {
            assertThat(append(member, room, "s", number)).isInstanceOf(DraftOutcome.Applied.class);
        }
    }

    private List<Long> history(RoomId room) {
        return await(logOf(running()).history(room, null, 100)).publications().stream()
                .map(Publication::offset)
                .toList();
    }

    /** Offset of the oldest publication that one member holds, be it owner or copy. */
    private static long oldestOn(HazelcastInstance member, RoomId room) {
        return TestMembers.onReplica(member, StructureNames.ROOMS, room.name(), (store, key) -> {
            Record<?> held = store.getRecordOrNull(key, false);
            return ((RoomEntry) held.getValue()).log().oldestRetained();
        });
    }

    @Test
    void boundsEachLogByTheLongestPrefixOfItsRoom() {
        HazelcastInstance member = members.member(0);
        RoomId few = new RoomId("few/1");
        RoomId more = new RoomId("few/but/1");
        RoomId other = new RoomId("fe");

        List.of(few, more, other).forEach(room -> appendAll(member, room));

        assertThat(history(few)).containsExactly(9L, 10L);
        assertThat(history(more)).containsExactly(5L, 6L, 7L, 8L, 9L, 10L);
        assertThat(history(other)).hasSize(APPENDED);
    }

    @Test
    void boundsThePublishersOfEachRoom() {
        HazelcastInstance member = members.member(0);
        RoomId one = new RoomId("few/1");
        RoomId two = new RoomId("few/but/1");
        append(member, one, "s1", 1);
        append(member, two, "s1", 1);

        assertThat(append(member, one, "s2", 1)).isInstanceOf(DraftOutcome.PublisherLimit.class);
        assertThat(append(member, two, "s2", 1)).isInstanceOf(DraftOutcome.Applied.class);
        assertThat(append(member, two, "s3", 1)).isInstanceOf(DraftOutcome.PublisherLimit.class);
        assertThat(append(member, one, "s1", 2)).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    void letsTheOwnerDecideWhateverTheOthersAreConfiguredWith() {
        for (int owner = 0; owner < 3; owner++) {
            RoomId room = roomOn(members.member(owner), "own/");
            HazelcastInstance copy = members.replicaOf(room.name(), 1);

            appendAll(copy, room);

            assertThat(history(room)).as("history kept by member %s", owner).hasSize(3 + owner);
            assertThat(oldestOn(copy, room)).isEqualTo(oldestOn(members.member(owner), room));
        }
    }

    @Test
    void goesOnWithTheBoundsOfTheNextOwner() {
        HazelcastInstance owner = members.member(2);
        RoomId room = roomOn(owner, "own/");
        appendAll(owner, room);
        int next = members.members().indexOf(members.replicaOf(room.name(), 1));
        assertThat(history(room)).hasSize(5);

        owner.getLifecycleService().terminate();
        members.awaitSafe();
        DraftOutcome again = append(members.member(0), room, "s", APPENDED);
        DraftOutcome after = append(members.member(0), room, "s", APPENDED + 1);

        assertThat(members.replicaOf(room.name(), 0)).isSameAs(members.member(next));
        assertThat(again).isInstanceOf(DraftOutcome.Duplicate.class);
        assertThat(((DraftOutcome.Applied) after).position().offset()).isEqualTo(APPENDED + 1);
        assertThat(history(room)).hasSize(3 + next).endsWith(APPENDED + 1L);
        assertThat(oldestOn(members.replicaOf(room.name(), 1), room)).isEqualTo(oldestOn(members.member(next), room));
    }

    @Test
    void keepsNothingOfAnEphemeralRoom() {
        RoomId room = new RoomId("none/1");
        HazelcastRoomLog log = logOf(members.member(0));

        DraftOutcome refused = append(members.member(0), room, "s", 1);
        JoinedResult start = await(log.join(room, NODE, List.of(new JoinQuery(null, 10))))
                .starts()
                .get(0);
        Position head = ((JoinedResult.Live) start).position();
        JoinedResult elsewhere = await(log.join(room, NODE, List.of(new JoinQuery(new Position(head.epoch(), 7), 0))))
                .starts()
                .get(0);

        assertThat(refused).isInstanceOf(DraftOutcome.PublisherLimit.class);
        assertThat(head.offset()).isZero();
        assertThat(history(room)).isEmpty();
        assertThat(((JoinedResult.Gapped) elsewhere).gap().reason()).isEqualTo(GapReason.EPOCH);
    }
}
