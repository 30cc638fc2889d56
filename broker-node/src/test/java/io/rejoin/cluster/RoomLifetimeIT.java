package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.wan.impl.CallerProvenance;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.flow.LogBudget;
import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomBinary;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.value.NodeId;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What time does to the rooms of a cluster, whose members' ticks a test moves. */
final class RoomLifetimeIT extends LogTest {

    private static final LogLimits LIMITS = RoomLogContract.LIMITS;
    private static final NodeId NODE = new NodeId(new UUID(0, 1));

    private static Vertx vertx;
    private static TestMembers members;
    private static HazelcastInstance owner;
    private static HazelcastInstance copy;
    private static HazelcastRoomLog log;

    private RoomId room;

    @BeforeAll
    static void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, LIMITS);
        owner = members.member(0);
        copy = members.member(1);
        log = new HazelcastRoomLog(vertx, owner, StructureNames.ROOMS);
    }

    @AfterAll
    static void stopMembers() {
        members.close();
        await(vertx.close());
    }

    @BeforeEach
    void emptyRoom() {
        owner.getMap(StructureNames.ROOMS).clear();
        room = new RoomId(members.keyOn(owner, copy));
    }

    private static DraftOutcome append(RoomId room, Draft draft) {
        AppendResult result = await(log.append(room, List.of(draft)));
        return ((AppendResult.Settled) result).outcomes().get(0);
    }

    private static @Nullable RoomEntry held(HazelcastInstance member, RoomId room) {
        return TestMembers.onReplica(member, StructureNames.ROOMS, room.name(), (store, key) -> {
            Record<?> held = store.getRecordOrNull(key, false);
            return held == null ? null : (RoomEntry) held.getValue();
        });
    }

    /** What a member holds of a room, as it would be sent to another one. */
    private static byte[] bytes(HazelcastInstance member, RoomId room) {
        RoomEntry entry = held(member, room);
        assertThat(entry).as("what a member holds of " + room).isNotNull();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            RoomBinary.write(
                    new DataOutputStream(bytes),
                    entry.log(),
                    members.ticks(member).millis());
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    private static void advance(long millis) {
        members.members().forEach(member -> members.ticks(member).advance(millis));
    }

    /** The first look is long after the room's last use: publishers are forgotten then, and the owner begins to watch. */
    private static void watchForTheIdleTime() {
        advance(10 * LIMITS.idleMs());
        log.sweepOwned();
        advance(LIMITS.idleMs() / 2);
        log.sweepOwned();
        advance(LIMITS.idleMs() / 2);
        log.sweepOwned();
    }

    private void renew() {
        ConcurrentHashMap<RoomId, Long> heads = new ConcurrentHashMap<>();
        log.renew(List.of(room), NODE, (renewed, head) -> heads.put(renewed, head.offset()));
        Await.until(() -> heads.containsKey(room), () -> "interest was not renewed");
    }

    @Test
    void forgetsAnInterestThatIsNotRenewed() {
        await(log.join(room, NODE, List.of()));
        advance(LIMITS.leaseMs());
        assertThat(await(log.interested(room))).containsExactly(NODE);

        advance(1);

        assertThat(await(log.interested(room))).isEmpty();
    }

    @Test
    void keepsAnInterestThatIsRenewedAndTakesALostOneBack() {
        await(log.join(room, NODE, List.of()));
        advance(LIMITS.leaseMs());
        renew();
        advance(LIMITS.leaseMs());
        assertThat(await(log.interested(room))).containsExactly(NODE);
        await(log.withdraw(room, NODE));
        assertThat(await(log.interested(room))).isEmpty();

        renew();

        assertThat(await(log.interested(room))).containsExactly(NODE);
    }

    @Test
    void keepsARoomUntilItsOwnerHasItselfWatchedTheIdleTime() {
        append(room, draft("s", 1, 1, "1"));
        watchForTheIdleTime();
        assertThat(held(owner, room)).as("watched for the idle time").isNotNull();

        advance(1);
        log.sweepOwned();

        assertThat(held(owner, room)).isNull();
        assertThat(held(copy, room)).isNull();
    }

    private static RoomId anotherRoomOn(HazelcastInstance member, RoomId but) {
        for (int number = 0; ; number++) {
            RoomId candidate = new RoomId("another-" + number);
            if (!candidate.equals(but) && members.replicaOf(candidate.name(), 0) == member) {
                return candidate;
            }
        }
    }

    private static String failure(Future<?> call) {
        return await(call.transform(result -> Future.succeededFuture(String.valueOf(result.cause()))));
    }

    @Test
    void makesNoMoreRoomsAndLetsNoLogGrowOnceItsMemoryIsUsed() {
        RoomLogContext usual = RoomLogContext.of(owner);
        LogBudget small = new LogBudget(20_000);
        owner.getUserContext()
                .put(
                        RoomLogContext.KEY,
                        new RoomLogContext(
                                usual.rooms(),
                                small,
                                usual.gate(),
                                usual.voter(),
                                usual.clock(),
                                usual.ticker(),
                                usual.random()));
        HazelcastRoomLog limited = new HazelcastRoomLog(vertx, owner, StructureNames.ROOMS);
        RoomId another = anotherRoomOn(owner, room);
        String data = "\"" + "x".repeat(8_000) + "\"";
        try {
            for (int number = 1; number <= 3; number++) {
                append(room, draft("s", number, 1, data));
            }
            assertThat(small.isFull()).as("used=" + small.used()).isTrue();

            assertThat(append(room, draft("s", 4, 1, data))).isInstanceOf(DraftOutcome.Applied.class);
            AppendResult tooMuch =
                    await(limited.append(room, List.of(draft("s", 5, 1, "\"" + "x".repeat(30_000) + "\""))));
            AppendResult newRoom = await(limited.append(another, List.of(draft("s", 1, 1, "1"))));

            assertThat(await(limited.history(room, null, 10)).publications())
                    .extracting(publication -> publication.offset())
                    .containsExactly(2L, 3L, 4L);
            assertThat(List.of(tooMuch, newRoom)).containsOnly(new AppendResult.Full());
            small.add(20_000 / 4);
            assertThat(await(limited.append(room, List.of(draft("new", 1, 1, "1")))))
                    .isEqualTo(new AppendResult.Full());
            assertThat(append(room, draft("s", 5, 1, "1"))).isInstanceOf(DraftOutcome.Applied.class);
            assertThat(failure(limited.join(another, NODE, List.of()))).contains("node.log-bytes");
            assertThat(failure(limited.history(another, null, 10))).contains("node.log-bytes");
            assertThat(held(owner, another)).isNull();
            assertThat(bytes(copy, room)).isEqualTo(bytes(owner, room));

            owner.getMap(StructureNames.ROOMS).clear();
            limited.sweepOwned();

            assertThat(small.used()).isZero();
            assertThat(append(another, draft("s", 1, 1, "1"))).isInstanceOf(DraftOutcome.Applied.class);
        } finally {
            owner.getUserContext().put(RoomLogContext.KEY, usual);
        }
    }

    @Test
    void keepsARoomThatSomebodyIsInterestedIn() {
        await(log.join(room, NODE, List.of()));
        log.sweepOwned();

        for (long passed = 0; passed < 2 * LIMITS.idleMs(); passed += LIMITS.leaseMs()) {
            advance(LIMITS.leaseMs());
            renew();
            log.sweepOwned();
        }

        assertThat(held(owner, room)).isNotNull();
        assertThat(held(copy, room)).isNotNull();
    }

    @Test
    void startsARemovedRoomAfreshUnderAnotherEpoch() {
        DraftOutcome.Applied before = (DraftOutcome.Applied) append(room, draft("s", 1, 1, "1"));
        watchForTheIdleTime();
        advance(1);
        log.sweepOwned();
        assertThat(held(owner, room)).isNull();

        DraftOutcome.Applied after = (DraftOutcome.Applied) append(room, draft("s", 2, 2, "2"));

        assertThat(after.position().offset()).isEqualTo(1);
        assertThat(after.position().epoch()).isNotEqualTo(before.position().epoch());
        assertThat(bytes(copy, room)).isEqualTo(bytes(owner, room));
    }

    @Test
    void forgetsAPublisherOnOwnerAndCopy() {
        append(room, draft("s", 1, 1, "1"));
        append(room, draft("other", 1, 1, "1"));
        advance(LIMITS.forgetMs());
        append(room, draft("other", 2, 2, "2"));
        assertThat(append(room, draft("s", 1, 0, "1"))).isInstanceOf(DraftOutcome.Duplicate.class);

        advance(1);
        log.sweepOwned();

        assertThat(bytes(copy, room)).isEqualTo(bytes(owner, room));
        assertThat(append(room, draft("other", 2, 2, "2"))).isInstanceOf(DraftOutcome.Duplicate.class);
        assertThat(append(room, draft("s", 1, 0, "1"))).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    void sweepsTheOtherRoomsWhenOneCopyRefuses() {
        List<RoomId> others = new ArrayList<>();
        for (int i = 0; i < 400 && others.size() < 12; i++) {
            String key = "other-" + i;
            if (members.replicaOf(key, 0) == owner && members.replicaOf(key, 1) == members.member(2)) {
                others.add(new RoomId(key));
            }
        }
        append(room, draft("s", 1, 1, "1"));
        others.forEach(other -> append(other, draft("s", 1, 1, "1")));
        watchForTheIdleTime();
        advance(1);
        TestMembers.onReplica(copy, StructureNames.ROOMS, room.name(), (store, key) -> {
            store.removeBackup(key, CallerProvenance.NOT_WAN);
            return true;
        });

        log.sweepOwned();

        assertThat(others).isNotEmpty().allMatch(other -> held(owner, other) == null);
    }

    /** Every kind of change, by several publishers, while time passes: what copies hold is what owners hold. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void holdsTheSameBytesOnOwnerAndCopyAfterRandomLoad(long seed) {
        Random random = new Random(seed);
        List<RoomId> rooms =
                List.of(room, new RoomId(members.keyOn(members.member(1), members.member(2))), new RoomId("r-" + seed));

        for (int i = 0; i < 300; i++) {
            RoomId any = rooms.get(random.nextInt(rooms.size()));
            switch (random.nextInt(12)) {
                case 0 -> await(log.join(any, NODE, List.of()));
                case 1 -> await(log.history(any, null, 5));
                case 2 -> advance(random.nextInt(60_000));
                case 3 -> sweepAll();
                default -> await(log.append(any, randomBatch(random)));
            }
        }
        rooms.forEach(each -> await(log.join(each, NODE, List.of())));
        rooms.forEach(each -> await(log.withdraw(each, NODE)));

        assertThat(rooms)
                .allSatisfy(each -> assertThat(bytes(members.replicaOf(each.name(), 1), each))
                        .isEqualTo(bytes(members.replicaOf(each.name(), 0), each)));
    }

    private static void sweepAll() {
        members.members().forEach(member -> new HazelcastRoomLog(vertx, member, StructureNames.ROOMS).sweepOwned());
    }

    private static List<Draft> randomBatch(Random random) {
        List<Draft> batch = new ArrayList<>();
        for (int left = 1 + random.nextInt(8); left > 0; left--) {
            String session = "s" + random.nextInt(LIMITS.publishers() + 2);
            long number = 1L + random.nextInt(30);
            long first = random.nextInt(3) == 0 ? 0 : Math.max(1, number - random.nextInt(3));
            batch.add(
                    random.nextInt(6) == 0
                            ? skip(session, number, first)
                            : draft(session, number, first, "\"" + "x".repeat(random.nextInt(200)) + "\""));
        }
        return batch;
    }
}
