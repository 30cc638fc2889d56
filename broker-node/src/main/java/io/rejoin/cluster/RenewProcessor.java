package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Renews a node's interest in the rooms of one partition and tells where their heads seem to be. No barrier: Hazelcast waits for no
 * copy of an operation on many keys, and leases live on the owner alone.
 */
final class RenewProcessor extends RoomProcessor {

    private @Nullable NodeId node;

    RenewProcessor() {}

    RenewProcessor(NodeId node) {
        this.node = node;
    }

    @Override
    public byte[] process(Map.Entry<String, RoomEntry> entry) {
        RoomRecord log = logOf(entry);
        if (log == null) {
            return bytes(out -> RoomBinary.write(out, Position.START));
        }
        RoomLogContext context = context();
        log.lease(node(), context.ticker().millis(), context.sharedLimits());
        return bytes(out -> RoomBinary.write(out, log.head()));
    }

    @Override
    public @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        return null;
    }

    private NodeId node() {
        if (node == null) {
            throw new IllegalStateException("processor was not read (expected: read before use)");
        }
        return node;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.RENEW;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        RoomBinary.write(out, node());
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        node = RoomBinary.readNode(in);
    }
}
