package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.NodeId;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Ends a node's interest on the owner. */
final class WithdrawProcessor extends RoomProcessor {

    private @Nullable NodeId node;

    WithdrawProcessor() {}

    WithdrawProcessor(NodeId node) {
        this.node = node;
    }

    @Override
    public byte @Nullable [] process(Map.Entry<String, RoomEntry> entry) {
        RoomRecord log = logOf(entry);
        if (log != null && node != null) {
            log.withdraw(node);
        }
        return null;
    }

    @Override
    public @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        return null;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.WITHDRAW;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        if (node == null) {
            throw new IllegalStateException("node is missing (expected: set)");
        }
        RoomBinary.write(out, node);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        node = RoomBinary.readNode(in);
    }
}
