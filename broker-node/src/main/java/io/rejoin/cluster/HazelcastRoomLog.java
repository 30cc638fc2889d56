package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import com.hazelcast.partition.Partition;
import com.hazelcast.partition.PartitionService;
import io.rejoin.flow.LogBudget;
import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.HistoryView;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.JoinView;
import io.rejoin.room.LogFullException;
import io.rejoin.room.Publication;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomLog;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Room logs as entries of one Hazelcast map, changed only by processors on the partition thread of their owner.
 *
 * <p>Threading: thread-safe; to be called on a Vert.x context, on which futures complete. Limits: pages of {@value #PAGE_BYTES} bytes.
 * Failure: every failed future means that the outcome is unknown; the same call may be repeated.
 */
public final class HazelcastRoomLog implements RoomLog {

    private static final Logger LOG = LoggerFactory.getLogger(HazelcastRoomLog.class);
    private static final int PAGE_BYTES = 128 << 10;

    private final Vertx vertx;
    private final CallsInFlight calls;
    private final IMap<String, RoomEntry> rooms;
    private final PartitionService partitions;
    private final LogBudget budget;

    /**
     * Opens the logs; blocks while the map is created.
     *
     * @param vertx whose contexts call
     * @param hazelcast a member whose user context holds what the processors need
     * @param map name of the map
     */
    public HazelcastRoomLog(Vertx vertx, HazelcastInstance hazelcast, String map) {
        this.vertx = vertx;
        this.calls = new CallsInFlight(vertx);
        this.rooms = hazelcast.getMap(map);
        this.partitions = hazelcast.getPartitionService();
        this.budget = RoomLogContext.of(hazelcast).budget();
    }

    /** Reads a result. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    private static <T> T read(byte[] result, Reader<T> reader) {
        try {
            return reader.read(new DataInputStream(new ByteArrayInputStream(result)));
        } catch (IOException broken) {
            throw new IllegalStateException("result of " + result.length + " bytes cannot be read", broken);
        }
    }

    private Future<byte[]> submit(RoomId room, EntryProcessor<String, RoomEntry, byte[]> processor) {
        try {
            return calls.await(HazelcastFutures.onCallersLoop(vertx, rooms.submitToKey(room.name(), processor)));
        } catch (RuntimeException notActive) {
            return Future.failedFuture(notActive);
        }
    }

    /** Fails all calls that are in flight: a member left, and some of them may wait for it. */
    public void giveUpCalls(String why) {
        calls.giveUp(why);
    }

    private static <T> Future<T> barrier(RoomId room, byte[] result, Reader<T> reader) {
        if (RoomBarrier.isFull(result)) {
            return Future.failedFuture(new LogFullException(room.name()));
        }
        return RoomBarrier.isNotInSync(result)
                ? Future.failedFuture(new ClusterStateException("too few copies or no majority"))
                : Future.succeededFuture(read(result, reader));
    }

    @Override
    public Future<AppendResult> append(RoomId room, List<Draft> batch) {
        return submit(room, new AppendProcessor(batch)).map(HazelcastRoomLog::appendResult);
    }

    private static AppendResult appendResult(byte[] result) {
        if (RoomBarrier.isFull(result)) {
            return new AppendResult.Full();
        }
        return RoomBarrier.isNotInSync(result)
                ? new AppendResult.NotInSync()
                : read(result, RoomBinary::readAppendResult);
    }

    @Override
    public Future<JoinView> join(RoomId room, NodeId node, List<JoinQuery> queries) {
        return submit(room, new JoinProcessor(node, queries))
                .compose(result -> barrier(room, result, RoomBinary::readJoinView));
    }

    @Override
    public Future<HistoryView> history(RoomId room, @Nullable Position after, int limit) {
        return submit(room, new HistoryProcessor(after, limit, PAGE_BYTES))
                .compose(result -> barrier(room, result, RoomBinary::readHistoryView));
    }

    @Override
    public Future<Optional<List<Publication>>> fill(
            RoomId room, Position after, Position upTo, int maxBytes, boolean latest) {
        return submit(room, new FillProcessor(after, upTo, maxBytes, latest))
                .map(result -> read(
                        result,
                        in -> in.readBoolean() ? Optional.of(RoomBinary.readPublications(in)) : Optional.empty()));
    }

    @Override
    public Future<Set<NodeId>> interested(RoomId room) {
        return submit(room, new InterestedProcessor()).map(result -> read(result, RoomBinary::readNodes));
    }

    @Override
    public Future<Void> withdraw(RoomId room, NodeId node) {
        return submit(room, new WithdrawProcessor(node)).mapEmpty();
    }

    /** One call per partition, so that a frozen owner delays its own rooms only. */
    @Override
    public void renew(Collection<RoomId> held, NodeId node, HeadListener heads) {
        Map<Partition, Set<String>> byPartition = new HashMap<>();
        for (RoomId room : held) {
            byPartition
                    .computeIfAbsent(partitions.getPartition(room.name()), missing -> new HashSet<>())
                    .add(room.name());
        }
        byPartition.forEach((partition, names) -> renewTogether(partition, names, node, heads));
    }

    /**
     * Hazelcast puts the caller of this call to sleep until the partition has an owner, for seconds after a member was lost. So one
     * without owner is left to the next renewal, and because it may lose its owner meanwhile, the caller is a worker thread.
     */
    private void renewTogether(Partition partition, Set<String> names, NodeId node, HeadListener heads) {
        if (partition.getOwner() == null) {
            LOG.debug("interest was not renewed rooms={}: partition={} has no owner", names.size(), partition);
            return;
        }
        Future<Map<String, byte[]>> renewed = vertx.executeBlocking(
                        () -> rooms.submitToKeys(names, new RenewProcessor(node)), false)
                .compose(answers -> HazelcastFutures.onCallersLoop(vertx, answers));
        renewed.onSuccess(results -> results.forEach(
                        (name, result) -> heads.onHead(new RoomId(name), read(result, RoomBinary::readPosition))))
                .onFailure(unknown -> LOG.debug("interest was not renewed rooms={}", names.size(), unknown));
    }

    /**
     * Does what time alone does to the rooms that this member owns; blocks for as long as it takes. A room that cannot be swept is
     * left to the next time and keeps no other one waiting. All that were swept are measured.
     *
     * @return rooms looked at
     */
    public int sweepOwned() {
        Set<String> owned = rooms.localKeySet();
        long bytes = 0;
        for (String room : owned) {
            bytes += sweep(room);
        }
        budget.measured(bytes);
        return owned.size();
    }

    private long sweep(String room) {
        try {
            byte[] weight = rooms.executeOnKey(room, new SweepProcessor());
            return weight == null ? 0 : read(weight, DataInputStream::readLong);
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (RuntimeException unknown) {
            LOG.debug("room was not swept room={}", room, unknown);
            return 0;
        }
    }
}
