package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * At the end all nodes show the same log, and after each further kill the survivors still show what was read before: so every copy
 * of every room is whole.
 *
 * <p>Of each room one reading is kept, the last one. A later one may retain less, since a log lets publications go by their age, and
 * in a later phase it may have grown; nothing that both have may differ.
 */
public final class ReadsAgree implements Checker {

    private final Findings findings = new Findings("ReadsAgree");
    private final Phases phases = new Phases();
    /** What is being read, by node and room. */
    private final Map<String, Reading> open = new HashMap<>();

    private final Map<String, Reading> last = new TreeMap<>();
    private final Set<String> compared = new TreeSet<>();
    /** Which rooms were read to their end, by phase and node. */
    private final Map<String, Map<String, Set<String>>> complete = new TreeMap<>();

    @Override
    public void accept(Op op) {
        phases.accept(op);
        if (op instanceof Op.Phase) {
            open.clear();
        } else if (!phases.isFinalRead()) {
            return;
        } else if (op instanceof Op.Read o) {
            findings.count("read");
            reading(o.node(), o.room()).add(o, findings);
        } else if (op instanceof Op.ReadEnd o) {
            Reading reading = reading(o.node(), o.room());
            open.remove(o.node() + ' ' + o.room());
            reading.end(o, findings);
            compare(o.room(), reading);
            complete.computeIfAbsent(phases.phase(), p -> new TreeMap<>())
                    .computeIfAbsent(o.node(), n -> new TreeSet<>())
                    .add(o.room());
        }
    }

    @Override
    public Verdict finish() {
        open.forEach((where, reading) -> findings.unclear("not read", where + " was not read to its end"));
        if (last.isEmpty()) {
            findings.unclear("not read", "the history has no complete read");
        }
        complete.forEach((phase, nodes) -> nodes.forEach((node, rooms) -> {
            Set<String> missing = new TreeSet<>(last.keySet());
            missing.removeAll(rooms);
            if (!missing.isEmpty()) {
                findings.unclear("not read", missing + " through " + node + " in the phase " + phase);
            }
        }));
        last.keySet().stream()
                .filter(room -> !compared.contains(room))
                .forEach(room -> findings.unclear("read once", room + " was read through one node, once"));
        findings.count("phases", complete.size());
        return findings.verdict();
    }

    private void compare(String room, Reading reading) {
        Reading before = last.put(room, reading);
        if (before == null) {
            return;
        }
        compared.add(room);
        findings.count("compared");
        String where = room + " through " + reading.node + " (" + reading.phase + "), before through " + before.node
                + " (" + before.phase + ")";
        Point head = before.head;
        if (before.phase.equals(reading.phase)) {
            if (!reading.head.equals(head)) {
                findings.broken("two heads", reading.head + " of " + where + " " + head);
            }
        } else if (reading.head.offset() < head.offset()) {
            findings.broken("shorter", reading.head + " of " + where + " " + head);
        }
        long from = Math.max(before.skipped, reading.skipped) + 1;
        long to = Math.min(head.offset(), reading.head.offset());
        for (long offset = from; offset <= to; offset++) {
            if (!before.is(offset, reading)) {
                findings.broken("differs", reading.text(offset) + " of " + where + " " + before.text(offset));
                return;
            }
        }
    }

    private Reading reading(String node, String room) {
        return open.computeIfAbsent(node + ' ' + room, k -> new Reading(node, phases.phase()));
    }

    private static final class Reading {
        final String node;
        final String phase;
        final List<Point> points = new ArrayList<>();
        final List<String> values = new ArrayList<>();
        Point head = Point.START;
        long skipped;

        Reading(String node, String phase) {
            this.node = node;
            this.phase = phase;
        }

        void add(Op.Read op, Findings findings) {
            if (!points.isEmpty()) {
                Point before = points.get(points.size() - 1);
                if (op.point().offset() != before.offset() + 1) {
                    findings.broken(
                            "hole in a read",
                            op.point() + " of " + op.room() + " through " + op.node() + " after " + before);
                }
            }
            points.add(op.point());
            values.add(op.value());
        }

        void end(Op.ReadEnd op, Findings findings) {
            head = op.head();
            skipped = op.skipped();
            long first = points.isEmpty() ? head.offset() + 1 : points.get(0).offset();
            if (first != skipped + 1) {
                findings.broken(
                        "hole in a read",
                        op.room() + " through " + op.node() + " begins at " + first + " behind " + skipped);
            }
            Point end = points.isEmpty() ? head : points.get(points.size() - 1);
            if (!end.equals(head)) {
                findings.broken("short read", op.room() + " through " + op.node() + " ended at " + end + " of " + head);
            }
        }

        boolean is(long offset, Reading other) {
            int mine = index(offset);
            int theirs = other.index(offset);
            // A hole is a finding of its own reading.
            return mine < 0
                    || theirs < 0
                    || (points.get(mine).equals(other.points.get(theirs))
                            && values.get(mine).equals(other.values.get(theirs)));
        }

        String text(long offset) {
            int index = index(offset);
            return index < 0 ? "nothing at " + offset : values.get(index) + " at " + points.get(index);
        }

        private int index(long offset) {
            long index = offset - skipped - 1;
            return index >= 0
                            && index < points.size()
                            && points.get((int) index).offset() == offset
                    ? (int) index
                    : -1;
        }
    }
}
