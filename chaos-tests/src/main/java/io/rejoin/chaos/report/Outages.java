package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When rooms owed an answer and gave none: from the first publish without outcome, or the last ack, to the next ack. A room to which
 * nobody publishes owes nothing, so a cold room does not look as if it were away.
 *
 * <p>Threading: one thread.
 */
final class Outages {

    /** Shorter ones are not kept one by one. */
    static final long KEPT_NANOS = 250_000_000L;

    private final FaultLog faults;
    private final Map<String, RoomState> rooms = new HashMap<>();
    private final List<Outage> outages = new ArrayList<>();

    /** One, in nanoseconds since the start of the history. */
    record Outage(String room, long from, long to) {}

    /** Tells the faults what they did. */
    Outages(FaultLog faults) {
        this.faults = faults;
    }

    void accept(Op op) {
        if (op instanceof Op.Send o && !o.again()) {
            RoomState room = room(o.room());
            room.pending.add(o.value());
            if (room.owesSince < 0) {
                room.owesSince = o.at();
            }
        } else if (op instanceof Op.Ack o) {
            RoomState room = room(o.room());
            if (room.owesSince >= 0) {
                over(o.room(), room.owesSince, o.at());
            }
            room.settle(o.value(), o.at());
        } else if (op instanceof Op.Fail o) {
            room(o.room()).settle(o.value(), -1);
        } else if (op instanceof Op.Unknown o) {
            room(o.room()).settle(o.value(), -1);
        }
    }

    /** The history ends: what is owed then was never answered. */
    void end(long at) {
        rooms.forEach((name, room) -> {
            if (room.owesSince >= 0) {
                over(name, room.owesSince, at);
            }
        });
    }

    /** Those of {@link #KEPT_NANOS} and more. */
    List<Outage> outages() {
        return Collections.unmodifiableList(outages);
    }

    private void over(String room, long from, long to) {
        faults.withoutAnswer(room, from, to);
        if (to - from >= KEPT_NANOS) {
            outages.add(new Outage(room, from, to));
        }
    }

    private RoomState room(String name) {
        return rooms.computeIfAbsent(name, n -> new RoomState());
    }

    private static final class RoomState {
        final Set<String> pending = new HashSet<>();
        /** -1 while nothing is owed. */
        long owesSince = -1;

        /** Another one has its outcome; an answer starts the time anew, others leave it as it is. */
        void settle(String value, long answeredAt) {
            pending.remove(value);
            if (pending.isEmpty()) {
                owesSince = -1;
            } else if (answeredAt >= 0) {
                owesSince = answeredAt;
            }
        }
    }
}
