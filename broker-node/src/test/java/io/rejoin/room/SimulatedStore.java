package io.rejoin.room;

import io.rejoin.session.SessionDirectory.Holder;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One copy of one partition in the memory of one node.
 *
 * <p>Threading: partition thread of the node.
 */
final class SimulatedStore {

    private final Map<RoomId, RoomRecord> rooms = new LinkedHashMap<>();
    private final Map<RoomId, Taken> ends = new LinkedHashMap<>();
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    /** Raised by every operation that goes to copies, as Hazelcast's replica version. */
    private long version;

    /** As {@code cluster.SessionEntry}. */
    record Session(
            Holder holder, boolean resumed, @Nullable Holder previous, int slowCloses, long slowGeneration, long at) {}

    long version() {
        return version;
    }

    void version(long newVersion) {
        version = newVersion;
    }

    @Nullable
    RoomRecord room(RoomId room) {
        return rooms.get(room);
    }

    /** The last that a room's log took; its beginning when it took nothing. */
    @Nullable
    Taken end(RoomId room) {
        return ends.get(room);
    }

    Map<SessionId, Session> sessions() {
        return sessions;
    }

    /**
     * Applies a change to the room's record, as {@code cluster.RoomBarrier} and {@code cluster.ApplyProcessor} do.
     *
     * @param before the last that the owner's log had taken before it; null when there was no log
     * @param end the last that it had taken behind it
     */
    RoomRecord apply(SimulatedNode node, RoomId room, RoomChange change, @Nullable Taken before, Taken end) {
        RoomRecord record = RoomRecord.apply(rooms.get(room), change, node.tick(), node.limits());
        rooms.put(room, record);
        if (ends.get(room) == before) {
            ends.put(room, end);
            end.heldBy(node);
        }
        return record;
    }

    /** What another node gets of it: bytes, as they travel, are read by its own clock. */
    SimulatedStore copyFor(SimulatedNode from, SimulatedNode to) {
        SimulatedStore copy = new SimulatedStore();
        rooms.forEach((room, record) -> copy.rooms.put(room, carried(record, from.tick(), to.tick())));
        copy.ends.putAll(ends);
        copy.sessions.putAll(sessions);
        copy.version = version;
        return copy;
    }

    private static RoomRecord carried(RoomRecord record, long fromTick, long toTick) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            RoomBinary.write(new DataOutputStream(bytes), record, fromTick);
            return RoomBinary.readRecord(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), toTick);
        } catch (IOException cannotHappen) {
            throw new UncheckedIOException(cannotHappen);
        }
    }

    /**
     * Takes what a smaller side of a split has, as {@code cluster.RoomMergePolicy} and {@code cluster.SessionMergePolicy} do.
     *
     * @return whether all logs were taken, or had nothing that is not here
     */
    boolean merge(SimulatedStore other, SimulatedNode from, SimulatedNode to) {
        boolean hasAll = true;
        for (Map.Entry<RoomId, RoomRecord> entry : other.rooms.entrySet()) {
            RoomId room = entry.getKey();
            RoomRecord comes = carried(entry.getValue(), from.tick(), to.tick());
            RoomRecord stays = rooms.get(room);
            if (stays == null || comes.supersedes(stays)) {
                if (stays != null) {
                    comes.takeInterests(stays);
                }
                rooms.put(room, comes);
                ends.put(room, other.ends.get(room));
            }
            Taken end = other.ends.get(room);
            if (!to.cluster().hasBegunAnew()) {
                end.letGoFor(ends.get(room));
            }
            hasAll &= end.isWithin(ends.get(room));
        }
        for (Map.Entry<SessionId, Session> entry : other.sessions.entrySet()) {
            Session comes = entry.getValue();
            sessions.merge(
                    entry.getKey(),
                    comes,
                    (stays, same) ->
                            comes.holder().generation() > stays.holder().generation() ? comes : stays);
        }
        heldBy(to);
        return hasAll;
    }

    /** From now on a node has all this. */
    void heldBy(SimulatedNode node) {
        ends.values().forEach(end -> end.heldBy(node));
    }

    /** A node gives this copy away. */
    void releasedBy(SimulatedNode node) {
        ends.values().forEach(end -> end.releasedBy(node));
    }

    /** What differs between two copies of the same; empty for nothing. */
    String difference(SimulatedStore other) {
        StringBuilder told = new StringBuilder();
        if (!rooms.keySet().equals(other.rooms.keySet())) {
            told.append("rooms ").append(rooms.keySet()).append(" and ").append(other.rooms.keySet());
        }
        rooms.forEach((room, record) -> {
            RoomRecord twin = other.rooms.get(room);
            if (twin != null && !summary(record).equals(summary(twin))) {
                told.append(summary(record)).append(" and ").append(summary(twin));
            }
            if (twin != null && ends.get(room) != other.ends.get(room)) {
                told.append(" ends ").append(ends.get(room)).append(" and ").append(other.ends.get(room));
            }
        });
        return told.toString();
    }

    private static String summary(RoomRecord record) {
        StringBuilder text = new StringBuilder();
        text.append(record.version())
                .append(' ')
                .append(record.terms().starts())
                .append(' ');
        record.retained()
                .forEach(one -> text.append(one.position())
                        .append('=')
                        .append(one.number())
                        .append(' '));
        record.publishers()
                .forEach((session, numbers) ->
                        text.append(session.value()).append(numbers.last()).append(numbers.runs()));
        return text.toString();
    }
}
