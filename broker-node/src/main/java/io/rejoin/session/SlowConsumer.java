package io.rejoin.session;

import io.rejoin.room.ReplayCap;
import java.util.random.RandomGenerator;

/**
 * What becomes of a client that was closed because it did not keep up: it stays away for a while, and is replayed less when it is back.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class SlowConsumer {

    private static final long FIRST_MS = 1_000;
    private static final long LAST_MS = 30_000;
    private static final int FIRST_CAP = 256;
    private static final int LAST_CAP = 16;

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

    /**
     * How much it is replayed: 256 publications and KiB, half of it after each further close, at least 16.
     *
     * @param closes that are remembered, 0 and above
     */
    static ReplayCap capAfter(int closes) {
        if (closes == 0) {
            return ReplayCap.NONE;
        }
        int count = Math.max(LAST_CAP, FIRST_CAP >> Math.min(closes - 1, 5));
        return new ReplayCap(count, count << 10);
    }
}
