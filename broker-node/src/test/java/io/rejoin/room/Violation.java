package io.rejoin.room;

/** A promise was broken in a simulated run. */
final class Violation extends AssertionError {

    private static final long serialVersionUID = 1L;

    private final String invariant;

    /**
     * Tells what was seen.
     *
     * @param invariant the promise, in a few words that are the same for all cases
     */
    Violation(String invariant, String seen) {
        super(invariant + ": " + seen);
        this.invariant = invariant;
    }

    String invariant() {
        return invariant;
    }
}
