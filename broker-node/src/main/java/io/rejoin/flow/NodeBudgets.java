package io.rejoin.flow;

/**
 * What all rooms of a node share, beside the bounds that each has for itself.
 *
 * <p>Threading: thread-safe.
 *
 * @param appends of publishes on their way to a log
 * @param tails of encoded publications
 * @param reads for members that fell behind
 */
public record NodeBudgets(AppendBudget appends, TailBudget tails, ReadBudget reads) {

    /**
     * Bounds of the budgets.
     *
     * @param appendBytes most bytes of publishes on their way to a log
     * @param tailBytes most bytes of tails
     * @param catchUpReads most reads of the log for members that fell behind, at once
     */
    public record Limits(long appendBytes, long tailBytes, int catchUpReads) {

        /** What a node runs with unless told otherwise. */
        public static final Limits USUAL = new Limits(64L << 20, 256L << 20, 8);
    }

    /** Makes budgets of which nothing is used. */
    public static NodeBudgets within(Limits limits, Ticker ticker) {
        return new NodeBudgets(
                new AppendBudget(limits.appendBytes()),
                new TailBudget(limits.tailBytes(), ticker),
                new ReadBudget(limits.catchUpReads()));
    }
}
