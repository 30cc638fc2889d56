package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Counts what happened in a run, and the longest time without an ack per room.
 *
 * <p>Threading: one thread.
 */
public final class Summary {

    /** Phases in which publishers publish. */
    private static final Set<String> LOADED = Set.of("load", "faults", "heal");

    private final SortedMap<String, Long> counts = new TreeMap<>();
    private final SortedMap<String, Long> gaps = new TreeMap<>();
    private final SortedMap<String, Long> resumes = new TreeMap<>();
    private final SortedMap<String, Long> faults = new TreeMap<>();
    private final SortedMap<String, Long> lastAck = new TreeMap<>();
    private final SortedMap<String, Long> longestNanos = new TreeMap<>();
    private final Map<String, Boolean> seen = new HashMap<>();
    private final Set<String> acked = new HashSet<>();
    private final Set<String> unknown = new HashSet<>();
    private boolean loaded;

    /** Takes the next operation. */
    public void accept(Op op) {
        if (op instanceof Op.Send o) {
            add(counts, o.again() ? "resent" : "attempted");
            if (o.again()) {
                seen.computeIfPresent(o.value(), (v, s) -> true);
            } else if (loaded) {
                lastAck.putIfAbsent(o.room(), o.at());
            }
        } else if (op instanceof Op.Ack o) {
            ack(o);
        } else if (op instanceof Op.Fail) {
            add(counts, "failed");
        } else if (op instanceof Op.Unknown o) {
            add(counts, "unknown");
            unknown.add(o.value());
        } else if (op instanceof Op.Delivery o) {
            add(counts, "delivered");
            show(o.value());
        } else if (op instanceof Op.Read o) {
            add(counts, "read at the end");
            show(o.value());
        } else if (op instanceof Op.Gap o) {
            add(gaps, o.bounds().reason());
        } else if (op instanceof Op.Joined o) {
            Op.Bounds gap = o.gap();
            if (gap != null) {
                add(gaps, gap.reason());
            }
            if (o.asked() != null) {
                add(resumes, "room " + o.outcome());
            }
        } else if (op instanceof Op.Welcome o) {
            add(resumes, o.asked() ? "session resumed=" + o.resumed() : "session new");
        } else if (op instanceof Op.FaultStart o) {
            add(faults, o.fault());
        } else if (op instanceof Op.Violation) {
            add(counts, "violations");
        } else if (op instanceof Op.Phase o) {
            if (loaded && !LOADED.contains(o.name())) {
                lastAck.forEach((room, at) -> longestNanos.merge(room, o.at() - at, Math::max));
            }
            loaded = LOADED.contains(o.name());
        }
    }

    /** A count by its name; 0 when there is none. */
    public long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    /** Gaps by reason. */
    public SortedMap<String, Long> gaps() {
        return new TreeMap<>(gaps);
    }

    /** Connections and joins that continued something, by what became of them. */
    public SortedMap<String, Long> resumes() {
        return new TreeMap<>(resumes);
    }

    /** The longest time without an ack in any room while there was load, in milliseconds. */
    public long longestWithoutAckMs() {
        return longestNanos.values().stream().mapToLong(Long::longValue).max().orElse(0) / 1_000_000;
    }

    /** The report's lines. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append("counts   ").append(counts).append('\n');
        text.append("gaps     ").append(gaps).append('\n');
        text.append("resumes  ").append(resumes).append('\n');
        text.append("faults   ").append(faults).append('\n');
        text.append("longest time without an ack, per room in ms:");
        longestNanos.forEach(
                (room, nanos) -> text.append(' ').append(room).append('=').append(nanos / 1_000_000));
        text.append("\nlongest time without an ack, any room: ")
                .append(longestWithoutAckMs())
                .append(" ms (expected below 4,000)\n");
        return text.toString();
    }

    private void ack(Op.Ack op) {
        if (acked.add(op.value())) {
            add(counts, "acknowledged");
        }
        // The room had it before the publish was sent again: this answer is that of a duplicate.
        if (seen.getOrDefault(op.value(), false)) {
            add(counts, "duplicates answered");
            seen.put(op.value(), false);
        }
        show(op.value());
        if (loaded) {
            Long last = lastAck.put(op.room(), op.at());
            if (last != null) {
                longestNanos.merge(op.room(), op.at() - last, Math::max);
            }
        }
    }

    private void show(String value) {
        seen.putIfAbsent(value, false);
        if (unknown.remove(value)) {
            add(counts, "recovered");
        }
    }

    private static void add(Map<String, Long> map, String name) {
        map.merge(name, 1L, Long::sum);
    }
}
