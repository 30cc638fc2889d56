package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.cluster.ClusterState;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.InternalPartitionService;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
final class InSyncGateIT {

    private TestMembers members;

    @BeforeEach
    void startMembers() {
        members = TestMembers.start(3, RoomLogContract.LIMITS);
    }

    @AfterEach
    void stopMembers() {
        members.close();
    }

    /** With one other member Hazelcast sends to index 1 alone, which is empty until index 2 has moved up. */
    @Test
    void countsNoCopyThatHazelcastDoesNotSendTo() {
        HazelcastInstance owner = members.member(0);
        HazelcastInstance first = members.member(1);
        InternalPartitionService partitions = TestMembers.internals(owner).node.getPartitionService();
        int partitionId = partitions.getPartitionId(members.keyOn(owner, first));
        InternalPartition partition = partitions.getPartition(partitionId, false);
        change(owner, ClusterState.NO_MIGRATION);

        first.getLifecycleService().terminate();
        Await.until(
                () -> owner.getCluster().getMembers().size() == 2 && partition.getReplica(1) == null,
                () -> "the owner still counts on the copy that died: " + partition);

        Await.until(() -> TestMembers.mayAcknowledge(owner), () -> "those that are left have not agreed");
        assertThat(partition.getReplica(2)).isNotNull();
        assertThat(isOpen(owner, partitionId)).isFalse();

        change(owner, ClusterState.ACTIVE);
        Await.until(() -> isOpen(owner, partitionId), () -> "the second copy did not move up: " + partition);
        assertThat(partition.getReplica(1)).isNotNull();
    }

    /** Hazelcast refuses it while anything of a migration is about to be done. */
    private static void change(HazelcastInstance member, ClusterState state) {
        AtomicReference<String> refusal = new AtomicReference<>("");
        Await.until(
                () -> {
                    try {
                        member.getCluster().changeClusterState(state);
                        return true;
                    } catch (IllegalStateException migrating) {
                        refusal.set(String.valueOf(migrating.getMessage()));
                        return false;
                    }
                },
                () -> "state does not become " + state + ": " + refusal.get());
    }

    private static boolean isOpen(HazelcastInstance owner, int partitionId) {
        InSyncGate threeCopies = new InSyncGate(3, 2, RoomLogContext.of(owner).voter(), () -> 3);
        return threeCopies.isOpen(TestMembers.internals(owner), partitionId);
    }
}
