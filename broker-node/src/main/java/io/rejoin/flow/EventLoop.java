package io.rejoin.flow;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * One thread that owns mutable state: tasks run one after the other, in the order they were handed over.
 *
 * <p>Threading: thread-safe; {@code execute} and {@code schedule} may be called from anywhere.
 */
public interface EventLoop extends Executor {

    /** Whether the caller runs on this loop. */
    boolean isCurrent();

    /**
     * Runs a task later on this loop.
     *
     * @param delay from now; zero or above
     * @return cancels the task when it has not run yet; to be called on this loop
     */
    Cancellation schedule(Duration delay, Runnable task);

    /** Withdraws a scheduled task. */
    @FunctionalInterface
    interface Cancellation {
        /** Does nothing when the task has run. */
        void cancel();
    }
}
