package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Stores a record's outcome on a copy. */
final class StoreSessionProcessor
        implements EntryProcessor<String, SessionEntry, SessionEntry>, IdentifiedDataSerializable {

    private static final int VERSION = 1;

    private @Nullable SessionEntry record;

    StoreSessionProcessor() {}

    StoreSessionProcessor(@Nullable SessionEntry record) {
        this.record = record;
    }

    @Override
    public @Nullable SessionEntry process(Map.Entry<String, SessionEntry> entry) {
        entry.setValue(record);
        return null;
    }

    @Override
    public @Nullable EntryProcessor<String, SessionEntry, SessionEntry> getBackupProcessor() {
        return null;
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.STORE_SESSION;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeBoolean(record != null);
        if (record != null) {
            record.writeData(out);
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        if (in.readBoolean()) {
            record = new SessionEntry();
            record.readData(in);
        }
    }
}
