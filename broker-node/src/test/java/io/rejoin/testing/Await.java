package io.rejoin.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for conditions; the one limit of all tests is here. */
public final class Await {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final long STEP_NANOS = 2_000_000;

    private Await() {}

    /** Waits until the condition holds; on timeout fails with the message. */
    public static void until(BooleanSupplier condition, Supplier<String> message) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + LIMIT.toSeconds() + " s: " + message.get());
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }
}
