package io.rejoin.session;

import java.util.random.RandomGenerator;

/**
 * What a client is told that was closed because it did not keep up.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class SlowConsumer {

    private static final long FIRST_MS = 1_000;
    private static final long LAST_MS = 30_000;

    private SlowConsumer() {}

    /**
     * How long it stays away: a second, doubled by each close before this one, at most 30 s; a quarter more or less, so that those who
     * were closed together do not return together.
     *
     * @param earlier closes that are remembered, 0 and above
     */
    static long retryAfterMs(int earlier, RandomGenerator random) {
        long doubled = FIRST_MS << Math.min(earlier, 5);
        long middle = Math.min(doubled, LAST_MS);
        return middle - middle / 4 + random.nextLong(middle / 2 + 1);
    }
}
