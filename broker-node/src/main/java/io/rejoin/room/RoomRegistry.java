package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rooms that this node knows: each belongs to one event loop, found from its name.
 *
 * <p>Threading: thread-safe; every method hands over to the room's loop, and answers on the loop that the caller names. Failure: a
 * node that was removed from the cluster calls {@link #close} and makes a new registry. Limits: {@link NodeBudgets#rooms()}; no more are
 * joined or published into until some are forgotten.
 */
public final class RoomRegistry {

    /** Longer than it takes to forget rooms that nobody needs. */
    private static final long FULL_RETRY_AFTER_MS = 5_000;

    private final List<Shard> shards = new ArrayList<>();
    private final Room.Surroundings node;
    private final InstantSource clock;
    private final AtomicInteger roomCount = new AtomicInteger();

    /** The rooms of one event loop. */
    private static final class Shard {
        private final EventLoop loop;
        private final Map<RoomId, Room> rooms = new HashMap<>();
        private boolean closed;

        Shard(EventLoop loop) {
            this.loop = loop;
        }
    }

    /**
     * Creates a registry without rooms.
     *
     * @param self this node's incarnation
     * @param loops the node's event loops
     * @param log the cluster's logs
     * @param relay the way to other nodes
     * @param encoder shared by all rooms
     * @param clock wall clock, for the time of ephemeral publications
     * @param ticker monotonic clock
     * @param budgets shared by all rooms
     */
    public RoomRegistry(
            NodeId self,
            List<? extends EventLoop> loops,
            RoomLog log,
            Relay relay,
            PublicationEncoder encoder,
            InstantSource clock,
            Ticker ticker,
            RoomConfig config,
            NodeBudgets budgets,
            RoomMetrics metrics) {
        this.node = new Room.Surroundings(self, log, relay, encoder, ticker, config, budgets, metrics);
        this.clock = clock;
        loops.forEach(loop -> shards.add(new Shard(loop)));
    }

    /** Starts the renewal of interests. */
    public void start() {
        for (Shard shard : shards) {
            shard.loop.execute(() -> renewLater(shard));
        }
    }

    /** Rooms that this node knows. */
    public int roomCount() {
        return roomCount.get();
    }

    /** What holds for a room. */
    public RoomPolicy policyOf(RoomId id) {
        return node.config().policies().of(id);
    }

    /**
     * Makes a connection a member.
     *
     * @param query where it wants to start
     * @param latest whether the newest value of each key is enough for it while it replays or lags
     * @param loop the member's loop, on which {@code then} runs with the start, or a failure and no membership
     */
    public void join(RoomId id, JoinQuery query, boolean latest, Member member, EventLoop loop, JoinListener then) {
        onRoom(
                id,
                room -> room.join(
                        query, latest, member, loop, joined -> then.onJoined(joined.result(), joined.membership())),
                refusal -> loop.execute(() -> then.onJoined(refusal, null)));
    }

    /** Told where a member starts. */
    @FunctionalInterface
    public interface JoinListener {
        /** The membership is {@code null} when the result is a failure. */
        void onJoined(JoinedResult result, @Nullable Membership membership);
    }

    /**
     * Publishes durably.
     *
     * @param loop where the outcome is told
     * @return never fails
     */
    public Future<DraftOutcome> publish(RoomId id, Draft draft, EventLoop loop) {
        Promise<DraftOutcome> promise = Promise.promise();
        onRoom(
                id,
                room -> room.publish(draft).onComplete(settled -> loop.execute(() -> promise.handle(settled))),
                refusal -> {
                    node.metrics().onDraft("unavailable");
                    loop.execute(() -> promise.complete(new DraftOutcome.Unavailable()));
                });
        return promise.future();
    }

    /** Publishes without order, history or answer. */
    public void publishEphemeral(
            RoomId id, Payload data, @Nullable String key, @Nullable UserId user, PublisherId publisher) {
        Publication publication = new Publication(0, Epoch.NONE, clock.millis(), data, key, user, publisher, 0);
        onRoom(
                id,
                room -> room.publishEphemeral(publication),
                refusal -> node.metrics().onEphemeralUnsent("rooms", 1));
    }

    /**
     * Reads a page of the log.
     *
     * @param loop where the page is told
     */
    public Future<HistoryView> history(RoomId id, @Nullable Position after, int limit, EventLoop loop) {
        Promise<HistoryView> promise = Promise.promise();
        shard(id)
                .loop
                .execute(() -> node.log()
                        .history(id, after, limit)
                        .onComplete(page -> loop.execute(() -> promise.handle(page))));
        return promise.future();
    }

    /** Takes a batch from the bus. */
    public void deliver(RelayBatch batch) {
        onKnownRoom(batch.room(), room -> room.onBatch(batch));
    }

    /** Takes the word that a room's log reached a position. */
    public void ring(RoomId id, Position head) {
        onKnownRoom(id, room -> room.onDoorbell(head));
    }

    /** Takes an ephemeral publication from the bus. */
    public void deliverEphemeral(RoomId id, Publication publication) {
        onKnownRoom(id, room -> room.onEphemeral(publication));
    }

    /** Renews all interests now: a node left, and it may have appended what it never relayed. */
    public void checkHeads() {
        for (Shard shard : shards) {
            shard.loop.execute(() -> renew(shard));
        }
    }

    /** Forgets every room; what waits is answered {@code unavailable}. */
    public void close() {
        for (Shard shard : shards) {
            shard.loop.execute(() -> {
                shard.closed = true;
                roomCount.addAndGet(-shard.rooms.size());
                shard.rooms.values().forEach(Room::close);
                shard.rooms.clear();
            });
        }
    }

    static JoinedResult closedFailure() {
        return new JoinedResult.Failed(ErrorCode.UNAVAILABLE, "this node left the cluster; join again", 1_000);
    }

    private JoinedResult fullFailure() {
        return new JoinedResult.Failed(
                ErrorCode.UNAVAILABLE,
                "rooms=" + node.budgets().rooms() + " of this node is the limit; join again later",
                FULL_RETRY_AFTER_MS);
    }

    private Shard shard(RoomId id) {
        return shards.get(Math.floorMod(id.hashCode(), shards.size()));
    }

    private void onRoom(RoomId id, Consumer<Room> action, Consumer<JoinedResult> whenRefused) {
        Shard shard = shard(id);
        shard.loop.execute(() -> {
            if (shard.closed) {
                whenRefused.accept(closedFailure());
                return;
            }
            Room room = shard.rooms.get(id);
            if (room == null) {
                if (roomCount.incrementAndGet() > node.budgets().rooms()) {
                    roomCount.decrementAndGet();
                    whenRefused.accept(fullFailure());
                    return;
                }
                room = new Room(id, node, shard.loop);
                shard.rooms.put(id, room);
            }
            action.accept(room);
        });
    }

    private void onKnownRoom(RoomId id, Consumer<Room> action) {
        Shard shard = shard(id);
        shard.loop.execute(() -> {
            Room room = shard.rooms.get(id);
            if (room != null) {
                action.accept(room);
            }
        });
    }

    private void renewLater(Shard shard) {
        shard.loop.schedule(node.config().renewInterval(), () -> {
            if (!shard.closed) {
                removeUnused(shard);
                renew(shard);
                renewLater(shard);
            }
        });
    }

    private void removeUnused(Shard shard) {
        for (Iterator<Room> all = shard.rooms.values().iterator(); all.hasNext(); ) {
            Room room = all.next();
            if (room.isUnused()) {
                all.remove();
                roomCount.decrementAndGet();
                room.retire();
                withdraw(room);
            }
        }
    }

    private void withdraw(Room room) {
        if (room.isRegistered()) {
            // A lost withdrawal costs relays until the lease runs out, nothing else.
            node.log().withdraw(room.id(), node.self()).onFailure(lost -> {});
        }
    }

    private void renew(Shard shard) {
        List<RoomId> held = new ArrayList<>();
        for (Room room : shard.rooms.values()) {
            if (room.isRegistered()) {
                held.add(room.id());
            }
        }
        if (!held.isEmpty()) {
            node.log().renew(held, node.self(), (id, head) -> {
                Room room = shard.rooms.get(id);
                if (room != null) {
                    room.onHint(head);
                }
            });
        }
    }
}
