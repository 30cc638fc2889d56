package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.HistoryView;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.Position;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a page of the retained log. */
final class HistoryProcessor extends RoomBarrier {

    private @Nullable Position after;
    private int limit;
    private int maxBytes;

    HistoryProcessor() {}

    HistoryProcessor(@Nullable Position after, int limit, int maxBytes) {
        this.after = after;
        this.limit = limit;
        this.maxBytes = maxBytes;
    }

    @Override
    byte[] answer(Map.Entry<String, RoomEntry> entry) {
        RoomLogContext context = context();
        RoomRecord log = settleUnchanged(entry);
        HistoryView view = log.page(after, limit, maxBytes, context.clock().millis(), context.limits(entry.getKey()));
        return bytes(out -> RoomBinary.write(out, view));
    }

    @Override
    public int getClassId() {
        return RoomSerializers.HISTORY;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        out.writeBoolean(after != null);
        if (after != null) {
            RoomBinary.write(out, after);
        }
        out.writeInt(limit);
        out.writeInt(maxBytes);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        after = in.readBoolean() ? RoomBinary.readPosition(in) : null;
        limit = in.readInt();
        maxBytes = in.readInt();
    }
}
