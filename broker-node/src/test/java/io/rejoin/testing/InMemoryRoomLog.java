package io.rejoin.testing;

import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.HistoryView;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.JoinView;
import io.rejoin.room.LogFullException;
import io.rejoin.room.LogLimits;
import io.rejoin.room.Publication;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomLog;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The rooms' logs in the memory of one process: the same records and rules as in the cluster, without copies.
 *
 * <p>Threading: thread-safe by its own lock; futures are complete when returned.
 */
public final class InMemoryRoomLog implements RoomLog {

    private static final int PAGE_BYTES = 128 << 10;

    private final Map<RoomId, RoomRecord> rooms = new HashMap<>();
    private boolean isFull;
    private final LogLimits limits;
    private final LongSupplier timeMs;
    private final Random random = new Random(7);
    private UUID owner = UUID.randomUUID();

    /** Creates a log without rooms whose clock is given in milliseconds. */
    public InMemoryRoomLog(LogLimits limits, LongSupplier timeMs) {
        this.limits = limits;
        this.timeMs = timeMs;
    }

    /** Lets another owner go on, as after a fail-over. */
    public synchronized void changeOwner() {
        owner = UUID.randomUUID();
    }

    /** Forgets a room, as when all copies are lost. */
    public synchronized void lose(RoomId room) {
        rooms.remove(room);
    }

    /** What a copy of the room holds now, publications and numbers and all. */
    public synchronized byte[] snapshot(RoomId room) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            RoomBinary.write(new DataOutputStream(bytes), roomOrCreate(room), timeMs.getAsLong());
        } catch (IOException cannotHappen) {
            throw new UncheckedIOException(cannotHappen);
        }
        return bytes.toByteArray();
    }

    /** Goes on from an older copy, as when everything newer is lost; the next change is another owner's. */
    public synchronized void restore(RoomId room, byte[] snapshot) {
        try {
            rooms.put(
                    room,
                    RoomBinary.readRecord(new DataInputStream(new ByteArrayInputStream(snapshot)), timeMs.getAsLong()));
        } catch (IOException notASnapshot) {
            throw new UncheckedIOException(notASnapshot);
        }
        changeOwner();
    }

    private RoomRecord.Moment now() {
        return new RoomRecord.Moment(owner, 1, timeMs.getAsLong(), timeMs.getAsLong(), random);
    }

    private RoomRecord roomOrCreate(RoomId room) {
        return rooms.computeIfAbsent(
                room, missing -> RoomRecord.apply(null, RoomRecord.planCreation(now()), now().tick(), limits));
    }

    /** From now on there is no memory for another room. */
    public synchronized void takeNoMoreRooms() {
        isFull = true;
    }

    @Override
    public synchronized Future<AppendResult> append(RoomId room, List<Draft> batch) {
        RoomRecord record = rooms.get(room);
        if (record == null && isFull) {
            return Future.succeededFuture(new AppendResult.Full());
        }
        RoomRecord.Plan plan = RoomRecord.plan(record, batch, now(), limits);
        RoomRecord after = RoomRecord.apply(record, plan.change(), now().tick(), limits);
        rooms.put(room, after);
        return Future.succeededFuture(new AppendResult.Settled(
                plan.before(),
                plan.change().term(),
                plan.change().timeMs(),
                plan.outcomes(),
                after.interested(now().tick())));
    }

    @Override
    public synchronized Future<JoinView> join(RoomId room, NodeId node, List<JoinQuery> queries) {
        if (isFull && !rooms.containsKey(room)) {
            return Future.failedFuture(new LogFullException(room.name()));
        }
        RoomRecord record = roomOrCreate(room);
        record.lease(node, now().tick(), limits);
        return Future.succeededFuture(new JoinView(
                record.head(),
                queries.stream()
                        .map(query -> record.start(query, timeMs.getAsLong(), limits))
                        .toList()));
    }

    @Override
    public synchronized void renew(Collection<RoomId> held, NodeId node, HeadListener heads) {
        for (RoomId room : held) {
            RoomRecord record = rooms.get(room);
            if (record == null) {
                heads.onHead(room, Position.START);
            } else {
                record.lease(node, now().tick(), limits);
                heads.onHead(room, record.head());
            }
        }
    }

    @Override
    public synchronized Future<Void> withdraw(RoomId room, NodeId node) {
        RoomRecord record = rooms.get(room);
        if (record != null) {
            record.withdraw(node);
        }
        return Future.succeededFuture();
    }

    @Override
    public synchronized Future<HistoryView> history(RoomId room, @Nullable Position after, int limit) {
        return Future.succeededFuture(roomOrCreate(room).page(after, limit, PAGE_BYTES, timeMs.getAsLong(), limits));
    }

    @Override
    public synchronized Future<Optional<List<Publication>>> fill(
            RoomId room, Position after, Position upTo, int maxBytes, boolean latest) {
        RoomRecord record = rooms.get(room);
        return Future.succeededFuture(
                record == null ? Optional.empty() : record.between(after, upTo, maxBytes, latest));
    }

    @Override
    public synchronized Future<Set<NodeId>> interested(RoomId room) {
        RoomRecord record = rooms.get(room);
        return Future.succeededFuture(record == null ? Set.of() : record.interested(now().tick()));
    }
}
