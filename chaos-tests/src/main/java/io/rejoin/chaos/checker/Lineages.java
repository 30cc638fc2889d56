package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How the epochs of each room's log follow each other, learnt from what was seen, and which of them the log at the end consists of.
 *
 * <p>An epoch goes on where one other ended, and at one offset: whoever sees the publication before its first one sees the same. So
 * a log is a chain, and a point that was seen is void when the chain of the last final read has another epoch at its offset, or
 * ends before it.
 *
 * <p>Threading: one thread. Memory: grows with the epochs and with the streams, not with the publications.
 */
final class Lineages {

    private final Phases phases = new Phases();
    private final Map<String, Map<String, Stretch>> rooms = new TreeMap<>();
    /** The last publication of a stream or read, by stream and room; absent behind a gap, where the next one has no known past. */
    private final Map<String, Point> streams = new HashMap<>();

    private final Map<String, Point> heads = new HashMap<>();
    private final List<String> contradictions = new ArrayList<>();

    /** Whether a point is in the log at the end. */
    enum Place {
        IN_LOG,
        /** Another publication, or none, stands at its offset. */
        VOID,
        /** The log was not read, does not go back so far, or went on after it was read. */
        UNKNOWN
    }

    /** Offsets of the log at the end that have one epoch. */
    record Span(String epoch, long from, long to) {}

    void accept(Op op) {
        phases.accept(op);
        if (op instanceof Op.Ack o) {
            see(o.room(), o.point());
        } else if (op instanceof Op.Delivery o) {
            next(o.stream(), o.room(), o.point());
        } else if (op instanceof Op.Read o) {
            next(o.node(), o.room(), o.point());
        } else if (op instanceof Op.ReadEnd o) {
            streams.remove(Streams.key(o.node(), o.room()));
            if (phases.isFinalRead()) {
                heads.put(o.room(), o.head());
                rooms.getOrDefault(o.room(), Map.of())
                        .values()
                        .forEach(stretch -> stretch.highestRead = stretch.highest);
            }
        } else if (op instanceof Op.Gap o) {
            streams.remove(Streams.key(o.stream(), o.room()));
        } else if (op instanceof Op.Joined o && o.outcome().equals("resumed")) {
            streams.put(Streams.key(o.stream(), o.room()), o.point());
        }
    }

    /** Epochs that were seen to begin in two ways. */
    List<String> contradictions() {
        return Collections.unmodifiableList(contradictions);
    }

    /** What became of a point. Offset 0 is before all publications: nothing becomes of it. */
    Place place(String room, Point point) {
        Point head = heads.get(room);
        if (head == null || point.offset() <= 0) {
            return Place.UNKNOWN;
        }
        if (point.offset() > head.offset()) {
            Stretch stretch = rooms.getOrDefault(room, Map.of()).get(point.epoch());
            return stretch != null && point.offset() <= stretch.highestRead ? Place.VOID : Place.UNKNOWN;
        }
        for (Span span : chain(room)) {
            if (point.offset() >= span.from) {
                return span.epoch.equals(point.epoch()) ? Place.IN_LOG : Place.VOID;
            }
            if (span.epoch.equals(point.epoch())) {
                return Place.IN_LOG;
            }
        }
        return Place.UNKNOWN;
    }

    /** The log at the end, from its head back to where it is known; empty when it was not read. */
    List<Span> chain(String room) {
        Map<String, Stretch> stretches = rooms.getOrDefault(room, Map.of());
        List<Span> chain = new ArrayList<>();
        Point end = heads.get(room);
        while (end != null && end.offset() > 0) {
            Stretch stretch = stretches.get(end.epoch());
            Point parent = stretch == null ? null : stretch.parent;
            long from = parent != null ? parent.offset() + 1 : stretch == null ? end.offset() : stretch.lowest;
            chain.add(new Span(end.epoch(), Math.min(from, end.offset()), end.offset()));
            boolean goesBack = parent != null && parent.offset() < end.offset();
            end = goesBack ? parent : null;
        }
        return chain;
    }

    private void next(String stream, String room, Point point) {
        Point before = streams.put(Streams.key(stream, room), point);
        Stretch stretch = see(room, point);
        if (before == null
                || before.offset() <= 0
                || before.offset() + 1 != point.offset()
                || before.epoch().equals(point.epoch())) {
            return;
        }
        if (stretch.lowest < point.offset()) {
            contradict(room, point, before, stream, "its epoch was seen at " + stretch.lowest);
        } else if (stretch.parent == null) {
            stretch.parent = before;
        } else if (!stretch.parent.equals(before)) {
            contradict(room, point, before, stream, "it follows " + stretch.parent);
        }
    }

    private Stretch see(String room, Point point) {
        Stretch stretch = rooms.computeIfAbsent(room, r -> new HashMap<>())
                .computeIfAbsent(point.epoch(), e -> new Stretch(point.offset()));
        stretch.highest = Math.max(stretch.highest, point.offset());
        if (point.offset() < stretch.lowest) {
            stretch.lowest = point.offset();
            Point parent = stretch.parent;
            if (parent != null && point.offset() <= parent.offset()) {
                stretch.parent = null;
                contradictions.add(point + " of " + room + ", although its epoch was seen to follow " + parent);
            }
        }
        return stretch;
    }

    private void contradict(String room, Point point, Point before, String stream, String elsewhere) {
        contradictions.add(
                point + " of " + room + " follows " + before + " in " + stream + ", although elsewhere " + elsewhere);
    }

    private static final class Stretch {
        long lowest;
        long highest;
        /** What had been seen when the last final read ended. */
        long highestRead;
        /** The publication right before its first one, once somebody saw both. */
        @Nullable
        Point parent;

        Stretch(long lowest) {
            this.lowest = lowest;
        }
    }
}
