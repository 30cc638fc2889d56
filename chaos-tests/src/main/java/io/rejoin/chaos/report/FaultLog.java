package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every fault from its injection to its end, and what became of the rooms meanwhile.
 *
 * <p>Threading: one thread.
 */
final class FaultLog {

    /** A fault that has no end. */
    static final long OPEN = Long.MAX_VALUE;

    private static final long RECENT_NANOS = 300_000_000_000L;

    private final List<Injection> all = new ArrayList<>();
    private final Map<Integer, Injection> open = new LinkedHashMap<>();
    /** Those that something which is not over yet may overlap. */
    private final List<Injection> recent = new ArrayList<>();

    private long lastEnd = Long.MIN_VALUE;

    /** One fault, once. Times in nanoseconds since the start of the history. */
    static final class Injection {
        final Op.FaultStart start;
        long end = OPEN;
        /** From the injection to the first ack of what was sent after it; -1 when there was none. */
        long firstAckNanos = -1;
        /** Longest time in which a room owed an answer and gave none, by room. */
        final Map<String, Long> withoutAnswer = new TreeMap<>();

        Injection(Op.FaultStart start) {
            this.start = start;
        }

        boolean overlaps(long from, long to) {
            return start.at() < to && end > from;
        }

        /** How long it lasted; up to the end of the history when it has no end. */
        long nanos(long endOfHistory) {
            return Math.min(end, Math.max(endOfHistory, start.at())) - start.at();
        }
    }

    void accept(Op op) {
        if (op instanceof Op.FaultStart o) {
            Injection injection = new Injection(o);
            all.add(injection);
            open.put(o.id(), injection);
            recent.removeIf(old -> old.end < o.at() - RECENT_NANOS);
            recent.add(injection);
        } else if (op instanceof Op.FaultEnd o) {
            Injection injection = open.remove(o.id());
            if (injection != null) {
                injection.end = o.at();
                lastEnd = o.at();
            }
        }
    }

    /** Whether any fault lasted at any moment between two; the later one is now. */
    boolean touches(long from) {
        return !open.isEmpty() || lastEnd > from;
    }

    /** A publish that was first sent at some time is acknowledged now. */
    void acknowledged(long sentAt, long now) {
        for (Injection injection : recent) {
            if (injection.firstAckNanos < 0 && sentAt >= injection.start.at()) {
                injection.firstAckNanos = now - injection.start.at();
            }
        }
    }

    /** A room owed an answer and gave none between two times. */
    void withoutAnswer(String room, long from, long to) {
        for (Injection injection : recent) {
            if (injection.overlaps(from, to)) {
                injection.withoutAnswer.merge(room, to - from, Math::max);
            }
        }
    }

    /** All of them, in their order. */
    List<Injection> all() {
        return Collections.unmodifiableList(all);
    }

    /** All of them by name. */
    Map<String, List<Injection>> byName() {
        Map<String, List<Injection>> byName = new TreeMap<>();
        all.forEach(injection -> byName.computeIfAbsent(injection.start.fault(), f -> new ArrayList<>())
                .add(injection));
        return byName;
    }
}
