package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;

/**
 * A law over a history.
 *
 * <p>Threading: one thread. Each checker checks one history.
 */
public interface Checker {

    /** Takes the next operation. */
    void accept(Op op);

    /** Decides, after the last operation. */
    Verdict finish();
}
