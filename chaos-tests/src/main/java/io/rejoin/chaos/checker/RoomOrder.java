package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A room has one order:
 *
 * <ul>
 *   <li>each place of its log has one value, in acks, deliveries and reads, and each offset one epoch;
 *   <li>the publishes of one publisher are in the log in the order of their sending;
 *   <li>what was acknowledged or delivered before another publish was first sent stands before it.
 * </ul>
 *
 * <p>Nothing that was shown to a client may be replaced while the faults stay within what the cluster tolerates, so a second epoch
 * at an offset is a fault here.
 */
public final class RoomOrder implements Checker {

    private final Findings findings = new Findings("RoomOrder");
    private final Map<String, RoomState> rooms = new TreeMap<>();

    @Override
    public void accept(Op op) {
        if (op instanceof Op.Send o) {
            RoomState room = room(o.room());
            if (!o.again()) {
                room.floors.put(o.value(), room.highest);
            }
        } else if (op instanceof Op.Ack o) {
            see(o.room(), o.point(), o.value(), "ack to " + o.publisher());
        } else if (op instanceof Op.Delivery o) {
            see(o.room(), o.point(), o.value(), "delivery to " + o.stream());
        } else if (op instanceof Op.Read o) {
            see(o.room(), o.point(), o.value(), "read through " + o.node());
        }
    }

    @Override
    public Verdict finish() {
        if (rooms.values().stream().allMatch(room -> room.log.isEmpty())) {
            findings.unclear("nothing seen", "the history has no ack, delivery or read");
        }
        rooms.forEach((name, room) -> publisherOrder(name, room.log));
        return findings.verdict();
    }

    private void see(String name, Point point, String value, String where) {
        RoomState room = room(name);
        Entry known = room.log.putIfAbsent(point.offset(), new Entry(point.epoch(), value));
        if (known == null) {
            findings.count("places");
        } else if (!known.epoch.equals(point.epoch())) {
            findings.broken(
                    "two epochs",
                    name + " offset " + point.offset() + ": " + known + ", then " + point + " by " + where);
        } else if (!known.value.equals(value)) {
            findings.broken("two values", name + " " + point + ": " + known.value + ", then " + value + " by " + where);
        }
        Long floor = room.floors.remove(value);
        if (floor != null && point.offset() <= floor) {
            findings.broken(
                    "before its past",
                    value + " at " + point + " in " + name + ", although offset " + floor
                            + " was shown before it was sent");
        }
        room.highest = Math.max(room.highest, point.offset());
    }

    private void publisherOrder(String name, Map<Long, Entry> log) {
        Map<String, Long> last = new HashMap<>();
        log.forEach((offset, entry) -> {
            int dot = entry.value.lastIndexOf('.');
            if (dot < 0) {
                return;
            }
            long sequence = Long.parseLong(entry.value.substring(dot + 1));
            Long before = last.put(entry.value.substring(0, dot), sequence);
            if (before != null && before >= sequence) {
                findings.broken(
                        "publisher reordered",
                        entry.value + " at " + offset + " in " + name + " follows number " + before);
            }
        });
    }

    private RoomState room(String name) {
        return rooms.computeIfAbsent(name, n -> new RoomState());
    }

    private static final class RoomState {
        final TreeMap<Long, Entry> log = new TreeMap<>();
        final Map<String, Long> floors = new HashMap<>();
        long highest;
    }

    private record Entry(String epoch, String value) {}
}
