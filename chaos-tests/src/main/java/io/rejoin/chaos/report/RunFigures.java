package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a report tells of one history, taken from it in one pass.
 *
 * <p>Threading: one thread.
 */
final class RunFigures {

    private final Summary summary = new Summary();
    private final FaultLog faults = new FaultLog();
    private final Latencies latencies = new Latencies(faults);
    private final Outages outages = new Outages(faults);
    private final List<Op.Phase> phases = new ArrayList<>();
    private final Map<String, List<Op.Memory>> memory = new TreeMap<>();
    private long end;

    void accept(Op op) {
        end = Math.max(end, op.at());
        summary.accept(op);
        faults.accept(op);
        latencies.accept(op);
        outages.accept(op);
        if (op instanceof Op.Phase o) {
            phases.add(o);
        } else if (op instanceof Op.Memory o) {
            memory.computeIfAbsent(o.node(), n -> new ArrayList<>()).add(o);
        }
    }

    /** After the last operation. */
    void finish() {
        outages.end(end);
    }

    Summary summary() {
        return summary;
    }

    FaultLog faults() {
        return faults;
    }

    Latencies latencies() {
        return latencies;
    }

    Outages outages() {
        return outages;
    }

    List<Op.Phase> phases() {
        return Collections.unmodifiableList(phases);
    }

    /** Samples by node. */
    Map<String, List<Op.Memory>> memory() {
        return Collections.unmodifiableMap(memory);
    }

    /** Nanoseconds from the start of the history to its last operation. */
    long nanos() {
        return end;
    }
}
