package io.rejoin.chaos.flow;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what only asking shows. */
public final class Await {

    private static final long PAUSE_NANOS = 20_000_000L;

    private Await() {}

    /**
     * Waits until a condition holds.
     *
     * @throws IllegalStateException when it does not in time; it tells the state
     */
    public static void until(BooleanSupplier condition, Duration limit, Supplier<String> state) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new IllegalStateException("not within " + limit + ": " + state.get());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
