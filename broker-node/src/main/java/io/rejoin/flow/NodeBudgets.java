package io.rejoin.flow;

/**
 * What all rooms of a node share, beside the bounds that each has for itself.
 *
 * <p>Threading: thread-safe.
 *
 * @param appends of publishes on their way to a log
 * @param tails of encoded publications
 * @param reads for members that fell behind
 * @param rooms that a node knows at once
 */
public record NodeBudgets(AppendBudget appends, TailBudget tails, ReadBudget reads, int rooms) {

    /**
     * Bounds of the budgets.
     *
     * @param appendBytes most bytes of publishes on their way to a log
     * @param tailBytes most bytes of tails
     * @param catchUpReads most reads of the log for members that fell behind, at once
     * @param catchUpRate most bytes per second that these reads give, on average; 0 for no limit
     * @param rooms most rooms that a node knows at once
     * @param logBytes most bytes of the logs that a node holds, copies included
     */
    public record Limits(
            long appendBytes, long tailBytes, int catchUpReads, long catchUpRate, int rooms, long logBytes) {

        /** What a node runs with unless told otherwise. */
        public static final Limits USUAL = new Limits(64L << 20, 256L << 20, 8, 64L << 20, 100_000, 512L << 20);
    }

    /** Makes budgets of which nothing is used. */
    public static NodeBudgets within(Limits limits, Ticker ticker) {
        return new NodeBudgets(
                new AppendBudget(limits.appendBytes()),
                new TailBudget(limits.tailBytes(), ticker),
                new ReadBudget(
                        limits.catchUpReads(),
                        new TokenBucket(TokenBucket.Rate.perSecond(limits.catchUpRate(), 1), ticker)),
                limits.rooms());
    }
}
