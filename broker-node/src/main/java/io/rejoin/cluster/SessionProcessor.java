package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.session.SessionDirectory.Holder;
import io.rejoin.value.NodeId;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Runs on the partition thread of a session's record: decides on the owner, stores the outcome on copies.
 *
 * <p>Passes the in-sync gate first, so that a node that was removed, and has not noticed yet, lets no client in.
 *
 * <p>Threading: one partition thread at a time.
 */
abstract sealed class SessionProcessor
        implements EntryProcessor<String, SessionEntry, SessionEntry>,
                IdentifiedDataSerializable,
                HazelcastInstanceAware
        permits ClaimSessionProcessor, TouchSessionProcessor, EndSessionProcessor, NoteSlowProcessor {

    private static final int VERSION = 2;

    private String user;
    private Holder claimed;
    private long slowMemoryMs;
    private transient @Nullable StoreSessionProcessor outcome;
    private transient @Nullable HazelcastInstance member;
    private transient String key = "";

    SessionProcessor() {
        this("", new Holder(new NodeId(new UUID(0, 0)), 0, 0), 0);
    }

    SessionProcessor(String user, Holder claimed, long slowMemoryMs) {
        this.user = user;
        this.claimed = claimed;
        this.slowMemoryMs = slowMemoryMs;
    }

    final String user() {
        return user;
    }

    final Holder claimed() {
        return claimed;
    }

    /** What is still remembered of a record's slowness. */
    final SessionEntry.Slowness slownessNow(SessionEntry record) {
        return record.slowness().at(nowMs(), slowMemoryMs);
    }

    final long nowMs() {
        if (member == null) {
            throw new IllegalStateException("processor has no member (expected: set by Hazelcast)");
        }
        return RoomLogContext.of(member).clock().millis();
    }

    final boolean isHeldByClaimer(SessionEntry entry) {
        return isClaimer(entry.holder());
    }

    final boolean isClaimer(Holder holder) {
        return holder.node().equals(claimed.node()) && holder.connection() == claimed.connection();
    }

    @Override
    public final @Nullable SessionEntry process(Map.Entry<String, SessionEntry> entry) {
        outcome = null;
        key = entry.getKey();
        checkInSync();
        SessionEntry record = decide(entry);
        outcome = new StoreSessionProcessor(record);
        return record;
    }

    private void checkInSync() {
        if (!InSyncGate.isOpen(member, key)) {
            throw new ClusterStateException("too few copies or no majority");
        }
    }

    @Override
    public final void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        this.member = hazelcastInstance;
    }

    /** Decides; the record after it is what the caller gets, {@code null} when it is gone. */
    abstract @Nullable SessionEntry decide(Map.Entry<String, SessionEntry> entry);

    final @Nullable SessionEntry store(Map.Entry<String, SessionEntry> entry, @Nullable SessionEntry record) {
        entry.setValue(record);
        return record;
    }

    /**
     * Copies store the record that the answer tells, also when it did not change: a copy that missed the change before, whose outcome
     * was unknown then, holds it once the repeated call is answered. The gate is asked again, as {@link RoomBarrier} does.
     */
    @Override
    public final @Nullable EntryProcessor<String, SessionEntry, SessionEntry> getBackupProcessor() {
        checkInSync();
        return outcome;
    }

    @Override
    public final int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public final void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeString(user);
        SessionEntry.write(out, claimed);
        out.writeLong(slowMemoryMs);
    }

    @Override
    public final void readData(ObjectDataInput in) throws IOException {
        byte version = in.readByte();
        RoomSerializers.checkVersion(version, VERSION);
        String written = in.readString();
        user = written == null ? "" : written;
        claimed = SessionEntry.readHolder(in);
        slowMemoryMs = version > 1 ? in.readLong() : 0;
    }
}
