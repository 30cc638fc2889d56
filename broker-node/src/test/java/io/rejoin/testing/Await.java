package io.rejoin.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Waits for what will become true, so that no test guesses how long that takes.
 *
 * <p>Threading: stateless; the condition is asked on the calling thread.
 */
public final class Await {

    /** Longest wait: far above what anything takes on a loaded machine, below the limit of a test. */
    public static final Duration LIMIT = Duration.ofSeconds(20);

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private Await() {}

    /**
     * Waits until the condition holds.
     *
     * @param condition asked again and again; must not have effects
     * @param message asked once, after the limit, for what was seen last
     * @throws AssertionError when the condition does not hold within {@link #LIMIT}, or the thread is interrupted
     */
    public static void until(BooleanSupplier condition, Supplier<String> message) {
        until(condition, message, LIMIT);
    }

    /** For its own test, which has no time for the limit. */
    static void until(BooleanSupplier condition, Supplier<String> message, Duration limit) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("interrupted while waiting: " + message.get());
            }
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new AssertionError("not within " + limit + ": " + message.get());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
