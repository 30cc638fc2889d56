package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;

/**
 * Where in the run an operation is: in which phase, and whether a loss was provoked before it.
 *
 * <p>Threading: one thread.
 */
final class Phases {

    private static final String FINAL_READS = "reads";
    private static final String LOSES = "double-kill";

    private String phase = "";
    private boolean lossBegun;

    void accept(Op op) {
        if (op instanceof Op.Phase o) {
            phase = o.name();
        } else if (op instanceof Op.FaultStart o && losesCopies(o.fault())) {
            lossBegun = true;
        }
    }

    /** Name of the phase; empty before the first one. */
    String phase() {
        return phase;
    }

    /** Whether reads are those of a cluster at rest. A history without phases consists of such reads. */
    boolean isFinalRead() {
        return phase.isEmpty() || phase.startsWith(FINAL_READS);
    }

    /** Whether all copies of a room may have died at once by now, so that acknowledged publications may be void. */
    boolean lossBegun() {
        return lossBegun;
    }

    /** Whether a fault takes all copies of rooms at once. */
    static boolean losesCopies(String fault) {
        return fault.startsWith(LOSES);
    }

    /** Whether the targets of a fault do not see a majority of the nodes while it lasts. */
    static boolean cutsOff(String fault) {
        return fault.contains("minority") || fault.contains("isolate");
    }
}
