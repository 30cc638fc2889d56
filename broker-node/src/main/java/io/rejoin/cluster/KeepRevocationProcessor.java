package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.ExtendedMapEntry;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stores a revocation, or the mark, on the owner and its copies. Passes the in-sync gate first: a plain write is acknowledged by one
 * copy while a cluster is rearranging itself.
 *
 * <p>Threading: one partition thread at a time.
 */
final class KeepRevocationProcessor
        implements EntryProcessor<String, String, Boolean>, IdentifiedDataSerializable, HazelcastInstanceAware {

    private static final int VERSION = 1;

    private String value = "";
    private long ttlMs;
    private boolean copy;
    private transient String key = "";
    private transient @Nullable HazelcastInstance member;

    KeepRevocationProcessor() {}

    /**
     * Creates a processor.
     *
     * @param ttlMs how long it is kept; 0 for ever
     */
    KeepRevocationProcessor(String value, long ttlMs) {
        this.value = value;
        this.ttlMs = ttlMs;
    }

    @Override
    public Boolean process(Map.Entry<String, String> entry) {
        if (!copy) {
            key = entry.getKey();
            checkInSync();
        }
        ((ExtendedMapEntry<String, String>) entry).setValue(value, ttlMs, TimeUnit.MILLISECONDS);
        return true;
    }

    private void checkInSync() {
        if (!InSyncGate.isOpen(member, key)) {
            throw new ClusterStateException("too few copies or no majority");
        }
    }

    /** The gate is asked again, as {@link RoomBarrier} does. */
    @Override
    public EntryProcessor<String, String, Boolean> getBackupProcessor() {
        checkInSync();
        KeepRevocationProcessor outcome = new KeepRevocationProcessor(value, ttlMs);
        outcome.copy = true;
        return outcome;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        this.member = hazelcastInstance;
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.KEEP_REVOCATION;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeString(value);
        out.writeLong(ttlMs);
        out.writeBoolean(copy);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        String written = in.readString();
        value = written == null ? "" : written;
        ttlMs = in.readLong();
        copy = in.readBoolean();
    }
}
