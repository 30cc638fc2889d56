package io.rejoin.session;

import java.time.Duration;

/**
 * How a node that leaves sends its clients elsewhere.
 *
 * <p>Threading: immutable.
 *
 * @param rate clients per second that are told to go, so that the other nodes see a ramp and not a wall
 * @param linger how long the last of them has to resume elsewhere before its old connection is closed
 * @param timeout the whole of it, and what follows, fits into this
 */
public record DrainConfig(int rate, Duration linger, Duration timeout) {

    /** The share of the timeout that clients get; the rest is for closing, the bus and the member. */
    private static final int SHARE_PERCENT = 60;

    /**
     * The time over which so many clients are told to go.
     *
     * @param limit of all that the node may take to leave
     */
    public Duration window(int clients, Duration limit) {
        Duration planned = Duration.ofMillis(1_000L * clients / rate);
        Duration longest = share(limit).minus(linger);
        longest = longest.isNegative() ? Duration.ZERO : longest;
        return planned.compareTo(longest) < 0 ? planned : longest;
    }

    /**
     * When connections that are left are closed.
     *
     * @param limit of all that the node may take to leave
     */
    public Duration deadline(int clients, Duration limit) {
        Duration planned = window(clients, limit).plus(linger);
        return planned.compareTo(share(limit)) < 0 ? planned : share(limit);
    }

    private static Duration share(Duration limit) {
        return limit.multipliedBy(SHARE_PERCENT).dividedBy(100);
    }
}
