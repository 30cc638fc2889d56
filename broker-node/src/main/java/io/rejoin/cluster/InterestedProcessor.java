package io.rejoin.cluster;

import com.hazelcast.core.ReadOnly;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.NodeId;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells which nodes have members in a room. */
final class InterestedProcessor extends RoomProcessor implements ReadOnly {

    @Override
    public byte[] process(Map.Entry<String, RoomEntry> entry) {
        RoomRecord log = logOf(entry);
        Set<NodeId> nodes =
                log == null ? Set.of() : log.interested(context().ticker().millis());
        return bytes(out -> RoomBinary.writeNodes(out, nodes));
    }

    @Override
    public @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        return null;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.INTERESTED;
    }

    @Override
    void write(ObjectDataOutput out) {}

    @Override
    void read(ObjectDataInput in) {}
}
