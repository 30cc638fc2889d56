package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomChange;
import io.rejoin.room.RoomRecord;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Applies an outcome to a copy, or only compares; throws when it does not follow what the copy holds, which withholds the
 * acknowledgement until Hazelcast has repaired the copy.
 */
final class ApplyProcessor extends RoomProcessor {

    private @Nullable RoomChange change;

    ApplyProcessor() {}

    ApplyProcessor(RoomChange change) {
        this.change = change;
    }

    @Override
    public byte @Nullable [] process(Map.Entry<String, RoomEntry> entry) {
        RoomChange outcome = change();
        RoomLogContext context = context();
        RoomEntry value = entry.getValue();
        RoomRecord log = RoomRecord.apply(
                value == null ? null : value.log(), outcome, context.ticker().millis(), context.sharedLimits());
        if (!outcome.isCompareOnly()) {
            entry.setValue(value == null ? new RoomEntry(context.ticker(), log) : value);
        }
        return null;
    }

    private RoomChange change() {
        if (change == null) {
            throw new IllegalStateException("processor was not read (expected: read before use)");
        }
        return change;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.APPLY;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        RoomBinary.write(out, change());
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        change = RoomBinary.readChange(in);
    }
}
