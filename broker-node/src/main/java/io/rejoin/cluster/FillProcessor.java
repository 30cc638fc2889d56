package io.rejoin.cluster;

import com.hazelcast.core.ReadOnly;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.Publication;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.Position;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what lies between two points that the caller knows to be acknowledged. */
final class FillProcessor extends RoomProcessor implements ReadOnly {

    private Position after;
    private Position upTo;
    private int maxBytes;
    private boolean latest;

    FillProcessor() {
        this(Position.START, Position.START, 0, false);
    }

    FillProcessor(Position after, Position upTo, int maxBytes, boolean latest) {
        this.after = after;
        this.upTo = upTo;
        this.maxBytes = maxBytes;
        this.latest = latest;
    }

    @Override
    public byte[] process(Map.Entry<String, RoomEntry> entry) {
        RoomRecord log = logOf(entry);
        Optional<List<Publication>> found = log == null ? Optional.empty() : log.between(after, upTo, maxBytes, latest);
        return bytes(out -> {
            out.writeBoolean(found.isPresent());
            if (found.isPresent()) {
                RoomBinary.writePublications(out, found.get());
            }
        });
    }

    @Override
    public @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        return null;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.FILL;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        RoomBinary.write(out, after);
        RoomBinary.write(out, upTo);
        out.writeInt(maxBytes);
        out.writeBoolean(latest);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        after = RoomBinary.readPosition(in);
        upTo = RoomBinary.readPosition(in);
        maxBytes = in.readInt();
        latest = in.readBoolean();
    }
}
