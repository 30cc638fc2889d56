package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.internal.cluster.ClusterService;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.PartitionReplica;
import io.rejoin.quorum.Voter;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides, on the owner of a partition, whether an answer may be given: the owner sees all members of the electorate that it belongs to,
 * and enough of the partition's copies lie on live ones.
 *
 * <p>Hazelcast skips missing copies silently, so without the gate a write right after a crash is acknowledged by one copy. Only
 * the replica indices up to the backup count hold copies of our maps; Hazelcast fills up to seven, whatever the count. And of these it
 * asks no more than there are other members: with two of three left it sends to index 1 alone, where nobody may be yet while the only
 * copy is at index 2. So a copy counts only where Hazelcast sends to.
 *
 * <p>Threading: thread-safe; called on partition threads.
 */
final class InSyncGate {

    private final int copies;
    private final int minInSync;
    private final Voter voter;
    private final IntSupplier plannedMembers;

    /**
     * Creates a gate.
     *
     * @param copies owner and backups
     * @param minInSync how many of them have to lie on live members
     * @param voter knows the electorate
     * @param plannedMembers of which a majority has to be seen
     */
    InSyncGate(int copies, int minInSync, Voter voter, IntSupplier plannedMembers) {
        this.copies = copies;
        this.minInSync = minInSync;
        this.voter = voter;
        this.plannedMembers = plannedMembers;
    }

    /**
     * Whether a member may answer for a key that it owns.
     *
     * @param member as Hazelcast gave it to a processor; its user context holds the gate
     */
    static boolean isOpen(@Nullable HazelcastInstance member, String key) {
        if (!(member instanceof HazelcastInstanceImpl hazelcast)) {
            throw new IllegalStateException("member=" + member + " (expected: set by Hazelcast)");
        }
        int partitionId = hazelcast.node.getPartitionService().getPartitionId(key);
        return RoomLogContext.of(hazelcast).gate().isOpen(hazelcast, partitionId);
    }

    /** Planned members. */
    int planned() {
        return plannedMembers.getAsInt();
    }

    /** Whether the owner may answer for a partition now. */
    boolean isOpen(HazelcastInstanceImpl hazelcast, int partitionId) {
        ClusterService members = hazelcast.node.getClusterService();
        return voter.mayAcknowledge(id -> members.getMember(id) != null, plannedMembers.getAsInt())
                && copiesOf(hazelcast, partitionId) >= minInSync;
    }

    /** Whether every partition has all the copies that Hazelcast sends to now. */
    boolean isComplete(HazelcastInstanceImpl hazelcast) {
        InternalPartitionService partitions = hazelcast.node.getPartitionService();
        int asked = asked(partitions);
        for (int partitionId = 0; partitionId < partitions.getPartitionCount(); partitionId++) {
            if (copiesOf(hazelcast, partitionId) < asked) {
                return false;
            }
        }
        return true;
    }

    private int asked(InternalPartitionService partitions) {
        return Math.min(copies, partitions.getMaxAllowedBackupCount() + 1);
    }

    private int copiesOf(HazelcastInstanceImpl hazelcast, int partitionId) {
        ClusterService members = hazelcast.node.getClusterService();
        InternalPartitionService partitions = hazelcast.node.getPartitionService();
        InternalPartition partition = partitions.getPartition(partitionId, false);
        int asked = asked(partitions);
        int inSync = 0;
        for (int index = 0; index < asked; index++) {
            if (isLive(members, partition.getReplica(index))) {
                inSync++;
            }
        }
        return inSync;
    }

    private static boolean isLive(ClusterService members, @Nullable PartitionReplica replica) {
        return replica != null && members.getMember(replica.address(), replica.uuid()) != null;
    }
}
