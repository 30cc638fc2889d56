package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.flow.Ticker;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A room's log as a map entry: kept as an object, written only when it moves to another member.
 *
 * <p>Threading: confined to the partition thread.
 */
final class RoomEntry implements IdentifiedDataSerializable {

    private static final int VERSION = 1;

    private final Ticker ticker;
    private @Nullable RoomRecord log;

    RoomEntry(Ticker ticker) {
        this.ticker = ticker;
    }

    RoomEntry(Ticker ticker, RoomRecord log) {
        this.ticker = ticker;
        this.log = log;
    }

    RoomRecord log() {
        if (log == null) {
            throw new IllegalStateException("room entry was not read (expected: read before use)");
        }
        return log;
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.ROOM_ENTRY;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        RoomBinary.write(out, log(), ticker.millis());
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        log = RoomBinary.readRecord(in, ticker.millis());
    }
}
