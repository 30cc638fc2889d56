package io.rejoin.session;

import io.rejoin.flow.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Gives each client of a node that leaves its own time to go: one per slot of the window, at a random point of it, so that the other
 * nodes see a steady stream.
 *
 * <p>Threading: thread-safe.
 */
final class Departure {

    private final Ticker ticker;
    private final RandomGenerator random;
    private final long startTick;
    private final long windowMs;
    private final long deadlineMs;
    private final int clients;
    private final AtomicLong asked = new AtomicLong();

    /**
     * Begins now.
     *
     * @param clients how many share the window; later ones share it again
     * @param window over which they go
     * @param deadline when connections are closed
     */
    Departure(Ticker ticker, RandomGenerator random, int clients, Duration window, Duration deadline) {
        this.ticker = ticker;
        this.random = random;
        this.startTick = ticker.millis();
        this.clients = Math.max(1, clients);
        this.windowMs = window.toMillis();
        this.deadlineMs = deadline.toMillis();
    }

    /** When the next client is to go, in milliseconds from now. */
    long nextAfterMs() {
        long slot = asked.getAndIncrement() % clients;
        double share = (slot + random.nextDouble()) / clients;
        return Math.max(0, Math.round(windowMs * share) - elapsedMs());
    }

    /** When connections are closed, in milliseconds from now. */
    long deadlineMs() {
        return Math.max(0, deadlineMs - elapsedMs());
    }

    private long elapsedMs() {
        return ticker.millis() - startTick;
    }
}
