package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomChange;
import io.rejoin.room.RoomRecord;
import io.rejoin.room.RoomRecord.Moment;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Does what time alone does to a room, on its owner: lets old publications and publishers go, and removes a room that has been idle.
 */
final class SweepProcessor extends RoomProcessor {

    private transient @Nullable EntryProcessor<String, RoomEntry, byte[]> backup;

    /** The answer is how many bytes the room takes; {@code null} when it is not there. */
    @Override
    public byte @Nullable [] process(Map.Entry<String, RoomEntry> entry) {
        backup = null;
        if (entry.getValue() != null && isInSync(entry.getKey())) {
            sweep(entry);
        }
        RoomRecord left = logOf(entry);
        return left == null ? null : bytes(out -> out.writeLong(left.weight()));
    }

    private void sweep(Map.Entry<String, RoomEntry> entry) {
        RoomEntry value = entry.getValue();
        RoomLogContext context = context();
        LogLimits limits = context.limits(entry.getKey());
        Moment now = context.now(member());
        RoomRecord log = value.log();
        if (log.isIdle(now.owner(), now.tick(), limits)) {
            backup = new RemoveProcessor(RoomChange.compareOnly(log));
            entry.setValue(null);
            return;
        }
        Optional<RoomChange> change = log.planSweep(now, limits);
        if (change.isPresent()) {
            RoomRecord.apply(log, change.get(), now.tick(), limits);
            entry.setValue(value);
            backup = new ApplyProcessor(change.get());
        }
    }

    @Override
    public @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        return backup;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.SWEEP;
    }

    @Override
    void write(ObjectDataOutput out) {}

    @Override
    void read(ObjectDataInput in) {}
}
