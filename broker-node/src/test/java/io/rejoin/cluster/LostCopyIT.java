package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartitionService;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.room.AppendResult;
import io.rejoin.room.DraftOutcome;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An owner that stands still between the gate and its copies, while the copy dies and the majority stays.
 *
 * <p>The owner is the master, which takes the dead from the table of partitions at once; others wait until it tells them.
 */
@Timeout(90)
final class LostCopyIT extends LogTest {

    private final StoppableClock clock = new StoppableClock();
    private Vertx vertx;
    private TestMembers members;
    private HazelcastInstance owner;
    private HazelcastInstance copy;
    private RoomId room;

    /** Processors ask for the time once the gate has let them through. */
    private static final class StoppableClock implements InstantSource {

        private volatile CountDownLatch going = new CountDownLatch(0);
        private volatile boolean stood;

        void stop() {
            going = new CountDownLatch(1);
        }

        void goOn() {
            going.countDown();
        }

        boolean standsStill() {
            return stood;
        }

        @Override
        public Instant instant() {
            CountDownLatch now = going;
            stood = now.getCount() > 0;
            try {
                if (!now.await(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody let the clock go on");
                }
            } catch (InterruptedException ended) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("ended while the clock stood still", ended);
            }
            return InstantSource.system().instant();
        }
    }

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomLogContract.LIMITS);
        owner = members.member(0);
        room = roomOf(owner);
        copy = members.replicaOf(room.name(), 1);
        RoomLogContext given = RoomLogContext.of(owner);
        owner.getUserContext()
                .put(
                        RoomLogContext.KEY,
                        new RoomLogContext(
                                given.rooms(),
                                given.budget(),
                                given.gate(),
                                given.voter(),
                                clock,
                                given.ticker(),
                                given.random()));
    }

    @AfterEach
    void stopMembers() {
        clock.goOn();
        members.close();
        await(vertx.close());
    }

    private RoomId roomOf(HazelcastInstance member) {
        for (int number = 0; ; number++) {
            RoomId candidate = new RoomId("room-" + number);
            if (members.replicaOf(candidate.name(), 0) == member) {
                return candidate;
            }
        }
    }

    private HazelcastRoomLog logOf(HazelcastInstance member) {
        return new HazelcastRoomLog(vertx, member, StructureNames.ROOMS);
    }

    private Future<AppendResult> append(long number) {
        return logOf(owner).append(room, List.of(draft("s", number, number, "1")));
    }

    private void standStillDuring(Future<?> call) {
        Await.until(() -> clock.standsStill() || call.isComplete(), () -> "the owner was not reached");
        assertThat(call.isComplete()).as("answered without standing still").isFalse();
    }

    private boolean ownerKnowsACopy() {
        InternalPartitionService partitions =
                ((HazelcastInstanceProxy) owner).getOriginal().node.getPartitionService();
        return partitions
                        .getPartition(partitions.getPartitionId(room.name()), false)
                        .getReplica(1)
                != null;
    }

    /** Repeats a call while its outcome is unknown, as callers of the log do. */
    private static <T> T repeat(Supplier<Future<T>> call) {
        AtomicReference<Future<T>> last = new AtomicReference<>(call.get());
        Await.until(
                () -> {
                    Future<T> current = last.get();
                    boolean known = current.succeeded() && !(current.result() instanceof AppendResult.NotInSync);
                    if (current.isComplete() && !known) {
                        last.set(call.get());
                    }
                    return known;
                },
                () -> "outcome stays unknown: " + last.get().cause());
        return last.get().result();
    }

    @Test
    void isNotMadeUpForByTheOwnerAlone() {
        repeat(() -> append(1));
        clock.stop();
        Future<AppendResult> append = append(2);
        standStillDuring(append);

        copy.getLifecycleService().terminate();
        Await.until(
                () -> owner.getCluster().getMembers().size() == 2 && !ownerKnowsACopy(),
                () -> "the owner still counts on the copy that died");
        clock.goOn();
        Await.until(append::isComplete, () -> "append is not complete");
        AppendResult retry = repeat(() -> append(2));

        assertThat(append.failed()).as("outcome is unknown").isTrue();
        assertThat(((AppendResult.Settled) retry).outcomes().get(0)).isInstanceOf(DraftOutcome.Duplicate.class);
        assertThat(ownerKnowsACopy()).as("the retry had a copy to wait for").isTrue();
    }
}
