package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.partition.Partition;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.room.AppendResult;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.Publication;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A member that the others removed while it stood still, and that does not know yet: a zombie. */
@Timeout(90)
final class RemovedMemberIT extends LogTest {

    private static final NodeId NODE = new NodeId(new UUID(0, 1));

    private Vertx vertx;
    private TestMembers members;
    private HazelcastInstance zombie;
    private HazelcastInstance successor;
    private RoomId room;

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomLogContract.LIMITS);
        zombie = members.member(2);
        successor = members.member(1);
        room = new RoomId(members.keyOn(zombie, successor));
        append(zombie, 1);
    }

    @AfterEach
    void stopMembers() {
        members.ticks(zombie).release();
        members.close();
        await(vertx.close());
    }

    private HazelcastRoomLog logOf(HazelcastInstance member) {
        return new HazelcastRoomLog(vertx, member, StructureNames.ROOMS);
    }

    /** Repeats a call while its outcome is unknown or the gate shut, as a node does. */
    private static <T> T repeat(Supplier<Future<T>> call) {
        AtomicReference<Future<T>> last = new AtomicReference<>(call.get());
        AtomicReference<String> refusal = new AtomicReference<>("none");
        Await.until(
                () -> {
                    Future<T> current = last.get();
                    if (current.isComplete() && isRefused(current)) {
                        refusal.set(String.valueOf(current));
                        last.set(call.get());
                    }
                    return current.isComplete() && !isRefused(current);
                },
                () -> "call=" + last.get() + " refused before with " + refusal.get());
        return last.get().result();
    }

    private static boolean isRefused(Future<?> call) {
        Await.until(call::isComplete, () -> "call is not complete");
        return call.failed() || call.result() instanceof AppendResult.NotInSync;
    }

    private void append(HazelcastInstance member, long number) {
        repeat(() -> logOf(member).append(room, List.of(draft("s", number, number, Long.toString(number)))));
    }

    private List<Long> numbers(HazelcastInstance member) {
        return repeat(() -> logOf(member).history(room, Position.START, 100)).publications().stream()
                .map(Publication::number)
                .toList();
    }

    private <T> Future<T> heldUp(Supplier<Future<T>> call) {
        members.ticks(zombie).hold();
        Future<T> held = call.get();
        Await.until(members.ticks(zombie)::isHolding, () -> "the call has not reached its owner");
        return held;
    }

    private void awaitSees(HazelcastInstance member, int count) {
        Await.until(
                () -> member.getCluster().getMembers().size() == count,
                () -> "members=" + member.getCluster().getMembers());
    }

    private void removeZombie() {
        TestMembers.suspect(members.member(0), zombie);
        TestMembers.suspect(successor, zombie);
        awaitSees(members.member(0), 2);
        awaitSees(successor, 2);
    }

    @Test
    @Spec({"HI-9", "CL-5"})
    void answersNoJoinThatWasHeldUpWhileItsOwnerWasRemoved() {
        Future<?> stale = heldUp(() -> logOf(zombie).join(room, NODE, List.of(new JoinQuery(Position.START, 0))));

        removeZombie();
        append(successor, 2);
        members.ticks(zombie).release();

        assertThat(isRefused(stale)).as("the join is refused").isTrue();
        assertThat(numbers(successor)).containsExactly(1L, 2L);
    }

    @Test
    @Spec("CL-5")
    void acknowledgesNoAppendThatPassedTheGateBeforeItsOwnerWasAlone() {
        Future<?> stale = heldUp(() -> logOf(zombie).append(room, List.of(draft("zombie", 1, 1, "1"))));

        removeZombie();
        awaitSees(zombie, 1);
        members.ticks(zombie).release();

        assertThat(isRefused(stale)).as("the append is refused").isTrue();
        assertThat(numbers(successor)).containsExactly(1L);
    }

    @Test
    @Spec("CL-5")
    void answersNothingUntilItHasJoinedAgain() {
        Future<?> stale = heldUp(() -> logOf(zombie).history(room, null, 10));
        removeZombie();
        append(successor, 2);
        awaitSees(zombie, 1);
        members.ticks(zombie).release();
        HazelcastRoomLog log = logOf(zombie);

        List<Future<?>> refused = List.of(
                stale,
                log.append(room, List.of(draft("zombie", 1, 1, "1"))),
                log.join(room, NODE, List.of()),
                log.history(room, null, 10));

        assertThat(refused).allMatch(RemovedMemberIT::isRefused);
        awaitSees(zombie, 3);
        assertThat(numbers(zombie)).containsExactly(1L, 2L);
    }

    @Test
    @Spec("CL-5")
    void refusesWithFewerMembersThanTheMajorityOfThePlannedOnes() {
        members.planned(zombie).saw(6);
        HazelcastRoomLog log = logOf(zombie);

        AppendResult append = await(log.append(room, List.of(draft("s", 2, 2, "2"))));
        Future<?> join = log.join(room, NODE, List.of());
        Future<?> history = log.history(room, null, 10);
        List.of(join, history).forEach(call -> Await.until(call::isComplete, () -> "call is not complete"));

        assertThat(append).isEqualTo(new AppendResult.NotInSync());
        assertThat(join.cause()).isInstanceOf(ClusterStateException.class);
        assertThat(history.cause()).isInstanceOf(ClusterStateException.class);
        // A rise is kept until it is stored; only what the cluster holds then can fall.
        await(members.planned(zombie).refresh(vertx, zombie, StructureNames.PLAN));
        zombie.getMap(StructureNames.PLAN).set("planned", 3);
        await(members.planned(zombie).refresh(vertx, zombie, StructureNames.PLAN));
        assertThat(numbers(zombie)).as("nothing changed").containsExactly(1L);
    }

    @Test
    void renewsInterestWithoutHoldingUpItsLoopWhileTheRoomHasNoOwner() {
        HazelcastInstance third = members.member(0);
        Partition partition = third.getPartitionService().getPartition(room.name());
        AtomicBoolean loopTurned = new AtomicBoolean();
        HeldPartition promotion = new HeldPartition(successor, room);
        try {
            removeZombie();
            Await.until(() -> partition.getOwner() == null, () -> "owner=" + partition.getOwner());

            Context loop = vertx.getOrCreateContext();
            loop.runOnContext(begin -> {
                logOf(third).renew(List.of(room), NODE, (renewed, head) -> {});
                loop.runOnContext(next -> loopTurned.set(true));
            });
            Await.until(loopTurned::get, () -> "the loop stands still; owner=" + partition.getOwner());

            assertThat(partition.getOwner()).as("owner meanwhile").isNull();
        } finally {
            promotion.release();
        }
    }

    /** Keeps a member from becoming the owner of a room, by keeping busy the thread that would make it so. */
    private static final class HeldPartition {

        private final CountDownLatch held = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        HeldPartition(HazelcastInstance member, RoomId room) {
            Thread holder = new Thread(
                    () -> TestMembers.onReplica(
                            member, StructureNames.ROOMS, room.name(), (store, key) -> awaitRelease()),
                    "partition-holder");
            holder.setDaemon(true);
            holder.start();
            Await.until(() -> held.getCount() == 0, () -> "partition thread is not held");
        }

        private boolean awaitRelease() {
            held.countDown();
            try {
                return released.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
                return false;
            }
        }

        void release() {
            released.countDown();
        }
    }
}
