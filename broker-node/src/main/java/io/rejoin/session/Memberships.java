package io.rejoin.session;

import io.rejoin.auth.Action;
import io.rejoin.protocol.ClientFrame.Join;
import io.rejoin.protocol.ClientFrame.Leave;
import io.rejoin.protocol.ClientFrame.RoomRequest;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.Ref;
import io.rejoin.protocol.ServerFrame.Joined;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.protocol.ServerFrame.Left;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.Membership;
import io.rejoin.room.ReplayCap;
import io.rejoin.value.RoomId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rooms that a connection is, or is about to become, a member of.
 *
 * <p>Threading: event loop of the connection. Limits: {@code limits.rooms}; of one room that is left before it was joined, {@value
 * #MAX_BEHIND_LEAVE} further requests.
 */
final class Memberships {

    private static final int MAX_BEHIND_LEAVE = 64;
    private static final long RETRY_AFTER_MS = 500;

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private final Map<RoomId, Slot> slots = new LinkedHashMap<>();
    private ReplayCap cap = ReplayCap.NONE;

    /** A room on its way in, in, or on its way out again. */
    private static final class Slot {
        private @Nullable Membership membership;
        private @Nullable Leave leave;
        /** Publishes that were read behind the join; told whether it was admitted. */
        private final List<Consumer<Boolean>> behindJoin = new ArrayList<>(0);
        /** Requests that were read behind the leave. */
        private final List<Runnable> behindLeave = new ArrayList<>(0);
    }

    Memberships(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
    }

    /** From now on joins are replayed at most so much. */
    void cap(ReplayCap newCap) {
        cap = newCap;
    }

    /** Joins the rooms of a hello; {@code then} gets one result per room, in order, once all are there. */
    void joinAll(List<RoomRequest> requests, Consumer<List<Joined>> then) {
        if (requests.isEmpty()) {
            then.accept(List.of());
            return;
        }
        Joined[] results = new Joined[requests.size()];
        int[] missing = {results.length};
        for (int i = 0; i < results.length; i++) {
            int index = i;
            RoomRequest request = requests.get(i);
            join(request, result -> {
                results[index] = new Joined(null, request.room(), result);
                missing[0]--;
                if (missing[0] == 0) {
                    then.accept(List.of(results));
                }
            });
        }
    }

    /** Begins delivery of all rooms, after {@code welcome} was sent. */
    void startAll() {
        for (Slot slot : List.copyOf(slots.values())) {
            if (slot.membership != null) {
                slot.membership.start();
            }
        }
    }

    void join(Join join) {
        Ref ref = join.ref();
        RoomId room = join.request().room();
        if (waitsBehindLeave(ref, room, () -> join(join))) {
            return;
        }
        join(join.request(), result -> {
            if (result instanceof JoinedResult.Failed failed) {
                session.fail(ref, room, 0, failed.code(), failed.message(), failed.retryAfterMs());
                return;
            }
            session.reply(new Joined(ref, room, result));
            Slot slot = slots.get(room);
            if (slot != null && slot.membership != null) {
                slot.membership.start();
            }
        });
    }

    private void join(RoomRequest request, Consumer<JoinedResult> then) {
        RoomId room = request.room();
        JoinedResult.Failed refusal = refusal(room);
        if (refusal != null) {
            then.accept(refusal);
            return;
        }
        Slot slot = new Slot();
        slots.put(room, slot);
        node.rooms().join(room, query(request), request.latest(), session, session.loop(), (result, membership) -> {
            boolean current = slots.get(room) == slot && !session.isClosed();
            boolean admitted = membership != null;
            if (membership != null && !current) {
                membership.leave();
            }
            if (!current) {
                slot.behindJoin.forEach(publish -> publish.accept(admitted));
                return;
            }
            // The token may have been replaced meanwhile.
            boolean granted = session.credentials().allow(room, Action.JOIN);
            if (membership != null && !granted) {
                membership.leave();
                slots.remove(room);
                then.accept(forbidden());
            } else {
                slot.membership = membership;
                if (membership == null) {
                    slots.remove(room);
                }
                then.accept(result);
            }
            slot.behindJoin.forEach(publish -> publish.accept(admitted && granted));
            if (slot.leave != null) {
                leaveNow(slot.leave);
                slot.behindLeave.forEach(Runnable::run);
            }
        });
    }

    /**
     * Who wants the newest value per key, and tells neither position nor history, starts with those that are retained: with all of them,
     * because a cap would leave keys out without a word, and conflation bounds what is sent.
     */
    private JoinQuery query(RoomRequest request) {
        boolean snapshot = request.latest() && request.position() == null && request.history() == 0;
        return snapshot
                ? new JoinQuery(null, Integer.MAX_VALUE)
                : new JoinQuery(request.position(), request.history(), cap);
    }

    /** Whether this connection is a member, as far as what was read before goes. */
    boolean isMember(RoomId room) {
        Slot slot = slots.get(room);
        return slot != null && slot.membership != null;
    }

    /** How many actions wait for a room's join to be answered; -1 when no join does. */
    int waitingForJoin(RoomId room) {
        Slot slot = slots.get(room);
        boolean pending = slot != null && slot.membership == null && slot.leave == null;
        return slot != null && pending ? slot.behindJoin.size() : -1;
    }

    /** Runs an action once the room's join is answered, with whether it was admitted; only while one waits. */
    void onceJoined(RoomId room, Consumer<Boolean> action) {
        Slot slot = slots.get(room);
        if (slot == null) {
            throw new IllegalStateException("room=" + room + " (expected: one whose join is not answered)");
        }
        slot.behindJoin.add(action);
    }

    /** A room on its way out takes the next request once it is out, so that requests take effect in their order. */
    private boolean waitsBehindLeave(@Nullable Ref ref, RoomId room, Runnable request) {
        Slot slot = slots.get(room);
        if (slot == null || slot.leave == null) {
            return false;
        }
        if (slot.behindLeave.size() >= MAX_BEHIND_LEAVE) {
            session.fail(
                    ref,
                    room,
                    0,
                    ErrorCode.RATE_LIMITED,
                    "requests behind a leave=" + MAX_BEHIND_LEAVE + " is the limit",
                    RETRY_AFTER_MS);
        } else {
            slot.behindLeave.add(request);
        }
        return true;
    }

    private JoinedResult.@Nullable Failed refusal(RoomId room) {
        if (room.isReserved()) {
            return new JoinedResult.Failed(ErrorCode.FORBIDDEN, "rooms that start with $ are reserved", 0);
        }
        if (!session.credentials().allow(room, Action.JOIN)) {
            return forbidden();
        }
        if (slots.containsKey(room)) {
            return new JoinedResult.Failed(ErrorCode.ALREADY_JOINED, "this connection is a member already", 0);
        }
        int limit = session.credentials().limits().rooms();
        return slots.size() >= limit
                ? new JoinedResult.Failed(ErrorCode.ROOM_LIMIT, "rooms=" + limit + " is the limit; leave one first", 0)
                : null;
    }

    private static JoinedResult.Failed forbidden() {
        return new JoinedResult.Failed(ErrorCode.FORBIDDEN, Credentials.refusal(Action.JOIN), 0);
    }

    /** Leaves the rooms that a new token does not grant. */
    void leaveForbidden() {
        for (Map.Entry<RoomId, Slot> entry : List.copyOf(slots.entrySet())) {
            Membership membership = entry.getValue().membership;
            if (membership != null && !session.credentials().allow(entry.getKey(), Action.JOIN)) {
                slots.remove(entry.getKey());
                membership.leave();
                session.reply(new Left(null, entry.getKey(), ErrorCode.FORBIDDEN));
            }
        }
    }

    void leave(Leave leave) {
        if (waitsBehindLeave(leave.ref(), leave.room(), () -> leave(leave))) {
            return;
        }
        Slot slot = slots.get(leave.room());
        if (slot != null && slot.membership == null) {
            slot.leave = leave;
        } else {
            leaveNow(leave);
        }
    }

    private void leaveNow(Leave leave) {
        Slot slot = slots.get(leave.room());
        if (slot == null || slot.membership == null) {
            session.fail(leave.ref(), leave.room(), 0, ErrorCode.NOT_JOINED, "this connection is no member", 0);
            return;
        }
        slots.remove(leave.room());
        slot.membership.leave();
        session.reply(new Left(leave.ref(), leave.room(), null));
    }

    /** The socket takes more again. */
    void onWritable() {
        for (Slot slot : List.copyOf(slots.values())) {
            if (!session.isWritable()) {
                return;
            }
            if (slot.membership != null) {
                slot.membership.onWritable();
            }
        }
    }

    void leaveAll() {
        List<Slot> all = List.copyOf(slots.values());
        slots.clear();
        for (Slot slot : all) {
            if (slot.membership != null) {
                slot.membership.leave();
            }
        }
    }
}
