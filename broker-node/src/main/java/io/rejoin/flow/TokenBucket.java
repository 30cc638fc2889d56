package io.rejoin.flow;

/**
 * Admits so much per second, and a burst at once after a rest.
 *
 * <p>Laws: (1) in any t milliseconds {@link #take} admits at most the burst and rate · t / 1000, besides what was given back; (2) whoever
 * waits as long as told is admitted, unless others take meanwhile; (3) after {@link #spend} the same holds in the long run: what was spent
 * beyond the burst is paid back before anything else is admitted.
 *
 * <p>There is no timer: each call adds what has come in since the last one, in thousandths, and so nothing is lost by rounding.
 *
 * <p>Threading: thread-safe.
 */
public final class TokenBucket {

    private static final long THOUSAND = 1_000;

    private final Rate rate;
    private final Ticker ticker;
    /** In thousandths; below zero after spending too much. */
    private long level;

    private long filledMs;

    /**
     * How much a bucket admits.
     *
     * @param perSecond 1 and above; 0 when there is no limit
     * @param burst the most at once; 1 and above when there is a limit
     */
    public record Rate(long perSecond, long burst) {

        /** No limit. */
        public static final Rate NONE = new Rate(0, 0);

        private static final long MOST = Long.MAX_VALUE / (THOUSAND * THOUSAND);

        /** Checks the bounds. */
        public Rate {
            boolean sound = perSecond == 0 || (perSecond > 0 && perSecond <= MOST && burst > 0 && burst <= MOST);
            if (!sound) {
                throw new IllegalArgumentException("perSecond=" + perSecond + " burst=" + burst + " (expected: 1 to "
                        + MOST + " each, or 0 per second)");
            }
        }

        /** So much per second, and at once what {@code seconds} bring. */
        public static Rate perSecond(long perSecond, int seconds) {
            return new Rate(perSecond, perSecond * seconds);
        }

        /** The same with a burst of at least so much. */
        public Rate withBurstOf(long least) {
            return isLimit() ? new Rate(perSecond, Math.max(burst, least)) : this;
        }

        /** Whether anything is limited. */
        public boolean isLimit() {
            return perSecond > 0;
        }
    }

    /** Creates a full bucket. */
    public TokenBucket(Rate rate, Ticker ticker) {
        this.rate = rate;
        this.ticker = ticker;
        this.level = rate.burst() * THOUSAND;
        this.filledMs = ticker.millis();
    }

    /**
     * Takes an amount when it is there.
     *
     * @param amount 0 up to the burst; of a larger one the burst is taken
     * @return 0 when it was taken; else nothing was, and so many milliseconds bring what is missing
     */
    public synchronized long take(long amount) {
        if (!rate.isLimit()) {
            return 0;
        }
        fill();
        long wanted = Math.min(amount, rate.burst()) * THOUSAND;
        if (wanted > level) {
            return millisFor(wanted - level);
        }
        level -= wanted;
        return 0;
    }

    /**
     * Takes an amount whether it is there or not.
     *
     * @param amount 0 and above
     * @return milliseconds until nothing is owed; 0 when nothing is
     */
    public synchronized long spend(long amount) {
        if (!rate.isLimit()) {
            return 0;
        }
        fill();
        level -= amount * THOUSAND;
        return level < 0 ? millisFor(-level) : 0;
    }

    /** Puts back what was taken and not used. */
    public synchronized void giveBack(long amount) {
        if (rate.isLimit()) {
            fill();
            level = Math.min(rate.burst() * THOUSAND, level + Math.min(amount, rate.burst()) * THOUSAND);
        }
    }

    /** Whether it is as good as a new one. */
    public synchronized boolean isFull() {
        fill();
        return level == rate.burst() * THOUSAND;
    }

    private void fill() {
        long now = ticker.millis();
        long passed = now - filledMs;
        filledMs = now;
        long missing = rate.burst() * THOUSAND - level;
        if (passed >= millisFor(missing)) {
            level += missing;
        } else {
            // A thousandth of the rate comes in each millisecond.
            level += passed * rate.perSecond();
        }
    }

    private long millisFor(long thousandths) {
        return rate.isLimit() ? (thousandths + rate.perSecond() - 1) / rate.perSecond() : 0;
    }
}
