package io.rejoin.cluster;

import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.PartitionReplica;
import io.rejoin.value.RoomId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes hold a room, as one member sees it now.
 *
 * <p>Threading: thread-safe; does not block.
 */
public final class RoomHolders {

    private final HazelcastInstanceImpl member;
    private final int copies;

    /**
     * Looks through a member.
     *
     * @param copies owner and backups of every room
     */
    public RoomHolders(HazelcastInstance member, int copies) {
        if (!(member instanceof HazelcastInstanceProxy proxy)) {
            throw new IllegalStateException("member=" + member + " (expected: as Hazelcast started it)");
        }
        this.member = proxy.getOriginal();
        this.copies = copies;
    }

    /**
     * Names of the nodes that are there, the owner first: fewer than the copies while one is missing.
     *
     * @param room whether it exists or not
     */
    public List<String> of(RoomId room) {
        int partitionId = member.node.getPartitionService().getPartitionId(room.name());
        InternalPartition partition = member.node.getPartitionService().getPartition(partitionId, false);
        List<String> nodes = new ArrayList<>();
        for (int index = 0; index < copies; index++) {
            @Nullable PartitionReplica replica = partition.getReplica(index);
            @Nullable
            MemberImpl holder = replica == null
                    ? null
                    : member.node.getClusterService().getMember(replica.address(), replica.uuid());
            if (holder != null) {
                nodes.add(String.valueOf(holder.getAttribute("rejoin.node")));
            }
        }
        return nodes;
    }
}
