package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * A publish is in the log once, however often it was sent: a value has one place, the same in every ack, delivery and read, and a
 * stream never shows a place twice.
 */
public final class NoDuplicates implements Checker {

    private final Findings findings = new Findings("NoDuplicates");
    private final Map<String, Map<String, Point>> places = new HashMap<>();
    private final Map<String, Set<Long>> streams = new HashMap<>();

    @Override
    public void accept(Op op) {
        if (op instanceof Op.Ack o) {
            place(o.room(), o.value(), o.point(), "ack to " + o.publisher());
        } else if (op instanceof Op.Delivery o) {
            place(o.room(), o.value(), o.point(), "delivery to " + o.stream());
            once(o.stream(), o.room(), o.point());
        } else if (op instanceof Op.Read o) {
            place(o.room(), o.value(), o.point(), "read through " + o.node());
            once(o.node(), o.room(), o.point());
        } else if (op instanceof Op.Gap o && o.bounds().reason().equals("epoch")) {
            // Another history starts behind it, whose offsets may be those of the first one.
            streams.remove(o.stream() + ' ' + o.room());
        }
    }

    @Override
    public Verdict finish() {
        if (places.isEmpty()) {
            findings.unclear("nothing seen", "the history has no ack, delivery or read");
        }
        return findings.verdict();
    }

    private void place(String room, String value, Point point, String where) {
        Point known = places.computeIfAbsent(room, r -> new HashMap<>()).putIfAbsent(value, point);
        if (known == null) {
            findings.count("values");
        } else if (!known.equals(point)) {
            findings.broken(
                    "two places", value + " in " + room + ": first at " + known + ", at " + point + " by " + where);
        }
    }

    private void once(String stream, String room, Point point) {
        if (!streams.computeIfAbsent(stream + ' ' + room, s -> new HashSet<>()).add(point.offset())) {
            findings.broken("shown twice", point + " of " + room + " in " + stream);
        }
    }
}
