package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.room.RoomRecord;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs on the partition thread of a room's owner, or of a copy.
 *
 * <p>Results are bytes, because Hazelcast serialises them even when caller and owner are one. A local call runs the caller's own
 * object and a retry runs it again, so subclasses keep nothing but what {@code process} computes anew.
 *
 * <p>Threading: one partition thread at a time.
 */
abstract sealed class RoomProcessor
        implements EntryProcessor<String, RoomEntry, byte[]>, IdentifiedDataSerializable, HazelcastInstanceAware
        permits RoomBarrier,
                ApplyProcessor,
                RenewProcessor,
                FillProcessor,
                InterestedProcessor,
                WithdrawProcessor,
                SweepProcessor,
                RemoveProcessor {

    private static final int VERSION = 1;

    private transient @Nullable HazelcastInstance member;

    @Override
    public final void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        this.member = hazelcastInstance;
    }

    final HazelcastInstance member() {
        if (member == null) {
            throw new IllegalStateException("processor has no member (expected: set by Hazelcast)");
        }
        return member;
    }

    final RoomLogContext context() {
        return RoomLogContext.of(member());
    }

    final boolean isInSync(String room) {
        return InSyncGate.isOpen(member, room);
    }

    static @Nullable RoomRecord logOf(Map.Entry<String, RoomEntry> entry) {
        RoomEntry value = entry.getValue();
        return value == null ? null : value.log();
    }

    /** Writes a result. */
    @FunctionalInterface
    interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    static byte[] bytes(Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        try {
            body.write(new DataOutputStream(bytes));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    @Override
    public final int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public final void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        write(out);
    }

    @Override
    public final void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        read(in);
    }

    abstract void write(ObjectDataOutput out) throws IOException;

    abstract void read(ObjectDataInput in) throws IOException;
}
