package io.rejoin.flow;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * Lets clients arrive at a node as a ramp, after a crash of another or a deploy: so many handshakes and arrivals per second, and so
 * many hellos at once. Whoever is refused is told a time of its own, in a slot that nobody else was told.
 *
 * <p>Clients that resume go before fresh ones: those may use half of the rate only.
 *
 * <p>Threading: thread-safe.
 */
public final class Admission {

    /** Longer waits help nobody: by then the load is another. */
    private static final long LONGEST_WAIT_MS = 30_000;

    private static final int FRESH_SHARE = 2;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000 * NANOS_PER_MS;

    private final Limits limits;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final TokenBucket handshakes;
    private final TokenBucket arrivals;
    private final TokenBucket fresh;
    private final AtomicInteger hellos = new AtomicInteger();
    /** When the slot after the last one told begins, on the ticker. */
    private long nextSlotNanos;

    /**
     * What a node takes.
     *
     * @param handshakes upgrades per second that are answered; beyond, HTTP 503
     * @param arrivals connections per second that are served; beyond, close 4004
     * @param hellos at once that are being answered
     * @param connections at once that are served; beyond, close 4004
     */
    public record Limits(int handshakes, int arrivals, int hellos, int connections) {

        /** What a node runs with unless told otherwise. */
        public static final Limits USUAL = new Limits(5_000, 1_000, 1_024, 100_000);
    }

    /** Creates a gate that nobody has passed. */
    public Admission(Limits limits, Ticker ticker, RandomGenerator random) {
        this.limits = limits;
        this.ticker = ticker;
        this.random = random;
        this.handshakes = new TokenBucket(TokenBucket.Rate.perSecond(limits.handshakes(), 1), ticker);
        this.arrivals = new TokenBucket(TokenBucket.Rate.perSecond(limits.arrivals(), 1), ticker);
        this.fresh =
                new TokenBucket(TokenBucket.Rate.perSecond(Math.max(1, limits.arrivals() / FRESH_SHARE), 1), ticker);
    }

    /** Whether an upgrade may be answered. */
    public boolean admitsHandshake() {
        return handshakes.take(1) == 0;
    }

    /**
     * A connection is open, and nothing is known of it yet.
     *
     * @param open connections, this one included
     * @return 0 when it is served; else when to come again, in milliseconds
     */
    public long arrive(int open) {
        boolean isFull = open > limits.connections() || hellos.get() >= limits.hellos();
        return !isFull && arrivals.take(1) == 0 ? 0 : nextSlotMs();
    }

    /**
     * A client said hello; to be followed by {@link #settled} when it is admitted.
     *
     * @param resumes whether it claims a session
     * @return 0 when it is answered; else when to come again, in milliseconds
     */
    public long hello(boolean resumes) {
        if (!resumes && fresh.take(1) > 0) {
            return nextSlotMs();
        }
        if (hellos.incrementAndGet() > limits.hellos()) {
            hellos.decrementAndGet();
            return nextSlotMs();
        }
        return 0;
    }

    /** A hello that was admitted was answered, or its connection ended. */
    public void settled() {
        hellos.decrementAndGet();
    }

    /** When a client is to come again that was admitted, but cannot be answered now; in milliseconds. */
    public long comeAgainMs() {
        return nextSlotMs();
    }

    /** Hellos that are being answered. */
    public int hellos() {
        return hellos.get();
    }

    private synchronized long nextSlotMs() {
        long now = ticker.millis() * NANOS_PER_MS;
        long slot = NANOS_PER_SECOND / limits.arrivals();
        // What the buckets hold now is for those who come meanwhile.
        nextSlotNanos = Math.max(nextSlotNanos, now + NANOS_PER_SECOND / FRESH_SHARE);
        long waitMs = (nextSlotNanos - now + random.nextLong(slot + 1)) / NANOS_PER_MS + 1;
        if (waitMs > LONGEST_WAIT_MS) {
            return random.nextLong(LONGEST_WAIT_MS / 2, LONGEST_WAIT_MS + 1);
        }
        nextSlotNanos += slot;
        return waitMs;
    }
}
