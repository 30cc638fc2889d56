package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomChange;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Removes a copy of a room that was idle; one that holds something else is left alone and the acknowledgement withheld. */
final class RemoveProcessor extends RoomProcessor {

    private @Nullable RoomChange expected;

    RemoveProcessor() {}

    RemoveProcessor(RoomChange expected) {
        this.expected = expected;
    }

    @Override
    public byte @Nullable [] process(Map.Entry<String, RoomEntry> entry) {
        if (expected == null || !expected.matches(logOf(entry))) {
            throw new IllegalStateException("room=" + entry.getKey() + " is not what its owner removed");
        }
        entry.setValue(null);
        return null;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.REMOVE;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        if (expected == null) {
            throw new IllegalStateException("expectation is missing (expected: set)");
        }
        RoomBinary.write(out, expected);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        expected = RoomBinary.readChange(in);
    }
}
