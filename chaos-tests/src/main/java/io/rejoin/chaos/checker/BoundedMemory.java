package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * After the faults no node holds more memory than its heap's limit and a margin.
 *
 * <p>A JVM fills its heap up to the limit before it collects, and gives nothing back: that RSS grows up to there is no growth of the
 * node. What can grow without a bound and be seen from outside is what lies beside the heap: direct buffers, stacks, classes, native
 * memory. The margin stands for all of it; a node under load has 160 to 200 MiB of it. A heap that fills with garbage that is none
 * ends the process, which the run sees as a node that died by itself.
 *
 * <p>A node's memory after the faults is the least of its samples since the cluster was healed: what it does not let go.
 */
public final class BoundedMemory implements Checker {

    private static final long MARGIN = 256L << 20;

    private static final Set<String> HEALED = Set.of("heal", "quiesce", "reads");

    private final Findings findings = new Findings("BoundedMemory");
    private final Phases phases = new Phases();
    private final Map<String, Long> before = new TreeMap<>();
    private final Map<String, Long> after = new TreeMap<>();
    private final long bound;
    private boolean faulty;
    private boolean healed;

    /**
     * Sets the bound.
     *
     * @param heapLimit of each node, in bytes
     */
    public BoundedMemory(long heapLimit) {
        this.bound = heapLimit + MARGIN;
    }

    @Override
    public void accept(Op op) {
        phases.accept(op);
        if (op instanceof Op.FaultStart) {
            faulty = true;
            // The kills between the final reads come after what is to be measured.
            healed = false;
            if (!phases.isFinalRead()) {
                after.clear();
            }
        } else if (op instanceof Op.Phase o) {
            healed = HEALED.contains(o.name());
        } else if (op instanceof Op.Memory o) {
            findings.count("samples");
            if (!faulty) {
                before.merge(o.node(), o.rssBytes(), Math::max);
            } else if (healed) {
                after.merge(o.node(), o.rssBytes(), Math::min);
            }
        }
    }

    @Override
    public Verdict finish() {
        if (after.isEmpty()) {
            findings.unclear("not measured", "the history has no memory of a node after the faults");
        }
        after.forEach((node, bytes) -> {
            findings.count("MiB of " + node + " after", bytes >> 20);
            if (bytes > bound) {
                findings.broken(
                        "grown",
                        node + " holds " + (bytes >> 20) + " MiB after the faults, "
                                + (before.getOrDefault(node, 0L) >> 20) + " MiB before (expected: at most "
                                + (bound >> 20) + " MiB)");
            }
        });
        before.forEach((node, bytes) -> findings.count("MiB of " + node + " before", bytes >> 20));
        return findings.verdict();
    }
}
