package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A publish is in the log once, however often it was sent: a value has one place, the same in every ack, delivery and read, and a
 * stream never shows a place twice.
 *
 * <p>Where all copies of a room were made to die at once, what was void may be published again: then one of its two places is not
 * in the log at the end.
 */
public final class NoDuplicates implements Checker {

    private final Findings findings = new Findings("NoDuplicates");
    private final Phases phases = new Phases();
    private final Lineages logs = new Lineages();
    private final Map<String, Map<String, Point>> places = new HashMap<>();
    private final Map<String, Ranges> streams = new HashMap<>();
    private final List<Second> seconds = new ArrayList<>();

    @Override
    public void accept(Op op) {
        phases.accept(op);
        logs.accept(op);
        if (op instanceof Op.Ack o) {
            place(o.room(), o.value(), o.point(), "ack to " + o.publisher());
        } else if (op instanceof Op.Delivery o) {
            place(o.room(), o.value(), o.point(), "delivery to " + o.stream());
            once(o.stream(), o.room(), o.point());
        } else if (op instanceof Op.Read o) {
            place(o.room(), o.value(), o.point(), "read through " + o.node());
            once(o.node(), o.room(), o.point());
        } else if (op instanceof Op.ReadEnd o) {
            streams.remove(Streams.key(o.node(), o.room()));
        } else if (op instanceof Op.Gap o && o.bounds().reason().equals("epoch")) {
            // Another history starts behind it, whose offsets may be those of the first one.
            streams.remove(Streams.key(o.stream(), o.room()));
        }
    }

    @Override
    public Verdict finish() {
        if (places.isEmpty()) {
            findings.unclear("nothing seen", "the history has no ack, delivery or read");
        }
        seconds.forEach(this::judge);
        return findings.verdict();
    }

    private void place(String room, String value, Point point, String where) {
        Map<String, Point> known = places.computeIfAbsent(room, r -> new HashMap<>());
        Point first = known.putIfAbsent(value, point);
        if (first == null) {
            findings.count("values");
        } else if (!first.equals(point)) {
            Second second = new Second(room, value, first, point, where);
            if (phases.lossBegun() && !first.epoch().equals(point.epoch())) {
                known.put(value, point);
                seconds.add(second);
            } else {
                broken(second);
            }
        }
    }

    private void judge(Second second) {
        boolean isReplaced = logs.place(second.room, second.first) == Lineages.Place.VOID
                || logs.place(second.room, second.point) == Lineages.Place.VOID;
        if (isReplaced) {
            findings.count("published again after an expected loss");
        } else {
            broken(second);
        }
    }

    private void broken(Second second) {
        findings.broken(
                "two places",
                second.value + " in " + second.room + ": first at " + second.first + ", at " + second.point + " by "
                        + second.where);
    }

    private void once(String stream, String room, Point point) {
        if (!streams.computeIfAbsent(Streams.key(stream, room), s -> new Ranges())
                .add(point.offset())) {
            findings.broken("shown twice", point + " of " + room + " in " + stream);
        }
    }

    private record Second(String room, String value, Point first, Point point, String where) {}

    /** A set of numbers that are mostly neighbours: by the first and the last of each range. */
    private static final class Ranges {
        private final TreeMap<Long, Long> ranges = new TreeMap<>();

        /** Whether it was not there. */
        boolean add(long number) {
            Map.Entry<Long, Long> below = ranges.floorEntry(number);
            if (below != null && below.getValue() >= number) {
                return false;
            }
            long from = below != null && below.getValue() == number - 1 ? below.getKey() : number;
            Long above = ranges.remove(number + 1);
            ranges.put(from, above == null ? number : above);
            return true;
        }
    }
}
