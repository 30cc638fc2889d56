package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A room has one order:
 *
 * <ul>
 *   <li>each place of its log has one value, in acks, deliveries and reads, each offset one epoch, and each epoch one past;
 *   <li>the publishes of one publisher are in the log in the order of their sending;
 *   <li>what was acknowledged or delivered before another publish was first sent stands before it.
 * </ul>
 *
 * <p>Nothing that was shown to a client may be replaced while the faults stay within what the cluster tolerates, so a second epoch
 * at an offset is a fault. Where all copies were made to die at once, the log may begin anew: then each of the two has one order, and
 * what is void bounds nothing that was sent later.
 */
public final class RoomOrder implements Checker {

    private final Findings findings = new Findings("RoomOrder");
    private final Phases phases = new Phases();
    private final Lineages logs = new Lineages();
    private final Map<String, RoomState> rooms = new TreeMap<>();
    private final List<Early> early = new ArrayList<>();

    @Override
    public void accept(Op op) {
        phases.accept(op);
        logs.accept(op);
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
        logs.contradictions().forEach(fork -> findings.broken("two pasts", fork));
        early.forEach(this::judge);
        rooms.forEach((name, room) -> publisherOrder(name, room));
        return findings.verdict();
    }

    private void see(String name, Point point, String value, String where) {
        RoomState room = room(name);
        room.epochs.add(point.epoch());
        Entry known = room.log.putIfAbsent(point.offset(), new Entry(point.epoch(), value));
        if (known == null) {
            findings.count("places");
        } else if (!known.epoch.equals(point.epoch())) {
            second(name, room, known, point, value, where);
        } else if (!known.value.equals(value)) {
            twoValues(name, point, known.value, value, where);
        }
        Point floor = room.floors.remove(value);
        if (floor != null && point.offset() <= floor.offset()) {
            early.add(new Early(name, value, point, floor));
        }
        room.raise(point);
    }

    private void second(String name, RoomState room, Entry known, Point point, String value, String where) {
        if (!phases.lossBegun()) {
            findings.broken(
                    "two epochs",
                    name + " offset " + point.offset() + ": " + known + ", then " + point + " by " + where);
            return;
        }
        room.beginAnew(point);
        String before =
                room.others.computeIfAbsent(point.epoch(), e -> new TreeMap<>()).putIfAbsent(point.offset(), value);
        if (before == null) {
            findings.count("places");
        } else if (!before.equals(value)) {
            twoValues(name, point, before, value, where);
        }
    }

    private void twoValues(String name, Point point, String first, String value, String where) {
        findings.broken("two values", name + " " + point + ": " + first + ", then " + value + " by " + where);
    }

    private void judge(Early early) {
        if (phases.lossBegun() && logs.place(early.room, early.floor) == Lineages.Place.VOID) {
            findings.count("behind what is void");
        } else {
            findings.broken(
                    "before its past",
                    early.value + " at " + early.point + " in " + early.room + ", although offset "
                            + early.floor.offset() + " was shown before it was sent");
        }
    }

    private void publisherOrder(String name, RoomState room) {
        if (room.others.isEmpty()) {
            SortedMap<Long, String> log = new TreeMap<>();
            room.log.forEach((offset, entry) -> log.put(offset, entry.value));
            publisherOrder(name, log);
            return;
        }
        Map<String, NavigableMap<Long, String>> epochs = room.byEpoch();
        Set<String> inLog = new HashSet<>();
        SortedMap<Long, String> log = new TreeMap<>();
        for (Lineages.Span span : logs.chain(name)) {
            inLog.add(span.epoch());
            log.putAll(epochs.getOrDefault(span.epoch(), new TreeMap<>()).subMap(span.from(), true, span.to(), true));
        }
        publisherOrder(name, log);
        epochs.forEach((epoch, isVoid) -> {
            if (!inLog.contains(epoch)) {
                publisherOrder(name + " (epoch " + epoch + ")", isVoid);
            }
        });
    }

    private void publisherOrder(String name, SortedMap<Long, String> log) {
        Map<String, Long> last = new HashMap<>();
        log.forEach((offset, value) -> {
            int dot = value.lastIndexOf('.');
            if (dot < 0) {
                return;
            }
            long sequence = Long.parseLong(value.substring(dot + 1));
            Long before = last.put(value.substring(0, dot), sequence);
            if (before != null && before >= sequence) {
                findings.broken(
                        "publisher reordered", value + " at " + offset + " in " + name + " follows number " + before);
            }
        });
    }

    private RoomState room(String name) {
        return rooms.computeIfAbsent(name, n -> new RoomState());
    }

    private static final class RoomState {
        /** What was seen first at each offset. */
        final TreeMap<Long, Entry> log = new TreeMap<>();
        /** What was seen at the same offsets under other epochs. */
        final Map<String, TreeMap<Long, String>> others = new TreeMap<>();

        final Set<String> epochs = new HashSet<>();
        /** Epochs that were seen before another log began. */
        final Set<String> replaced = new HashSet<>();

        final Map<String, Point> floors = new HashMap<>();
        Point highest = Point.START;

        void raise(Point point) {
            if (point.offset() > highest.offset() && !replaced.contains(point.epoch())) {
                highest = point;
            }
        }

        void beginAnew(Point point) {
            if (replaced.contains(point.epoch())) {
                return;
            }
            boolean isFirst = false;
            for (String epoch : epochs) {
                isFirst |= !epoch.equals(point.epoch()) && replaced.add(epoch);
            }
            if (isFirst) {
                highest = point;
            }
        }

        Map<String, NavigableMap<Long, String>> byEpoch() {
            Map<String, NavigableMap<Long, String>> epochs = new TreeMap<>();
            log.forEach((offset, entry) ->
                    epochs.computeIfAbsent(entry.epoch, e -> new TreeMap<>()).put(offset, entry.value));
            others.forEach((epoch, values) ->
                    epochs.computeIfAbsent(epoch, e -> new TreeMap<>()).putAll(values));
            return epochs;
        }
    }

    private record Entry(String epoch, String value) {}

    /** A publish that stands at or before what was seen before it was sent; whether that is void is known at the end. */
    private record Early(String room, String value, Point point, Point floor) {}
}
