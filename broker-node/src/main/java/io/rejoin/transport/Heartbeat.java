package io.rejoin.transport;

import io.rejoin.flow.EventLoop;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.EncodedFrame;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Pings of one event loop's connections, and the end of those that are silent.
 *
 * <p>A wheel: a ring of buckets that one timer goes through. Each connection stands in the bucket of whatever comes first, its next ping
 * or the end of its patience. So a loop with thousands of connections has one timer, and all pings of a bucket are the same bytes. One
 * with a longer interval than the wheel's is looked at, for nothing, once in each turn of the wheel.
 *
 * <p>Threading: event loop. Limits: a ping or a close is late by at most one step of the wheel, a hundredth of the wheel's interval, and by
 * what the loop itself lags.
 *
 * @see <a href="docs/protocol.md">HB, heartbeat</a>
 */
final class Heartbeat {

    /** Buckets of one interval. */
    private static final int STEPS = 100;

    /** A connection, as the wheel sees it. */
    interface Heart {

        /** When the client was last heard, by the ticker of the wheel. */
        long lastHeardMs();

        /**
         * Its ping is due.
         *
         * @param ping encoded, shared with other connections
         * @param timeMs in it
         */
        void beat(EncodedFrame ping, long timeMs);

        /** Nothing was heard for interval and timeout; the heart has been taken off the wheel. */
        void silent();
    }

    /** A connection's place on the wheel. */
    final class Place {
        private final Heart heart;
        private long everyMs = intervalMs;
        private long nextPingMs;
        private @Nullable Set<Place> bucket;
        private boolean left;

        private Place(Heart heart, long nextPingMs) {
            this.heart = heart;
            this.nextPingMs = nextPingMs;
        }

        /** Gives the connection an interval of its own; its next ping is at most one such interval away. */
        void pingEvery(Duration interval) {
            everyMs = interval.toMillis();
            nextPingMs = Math.min(nextPingMs, ticker.millis() + everyMs);
            if (bucket != null) {
                bucket.remove(this);
                put(this);
            }
        }

        private long silentAtMs() {
            return heart.lastHeardMs() + everyMs + timeoutMs;
        }

        /** Takes the connection off the wheel. */
        void leave() {
            left = true;
            if (bucket != null) {
                bucket.remove(this);
                bucket = null;
            }
        }
    }

    private final EventLoop loop;
    private final Ticker ticker;
    private final InstantSource clock;
    private final LongFunction<EncodedFrame> pings;
    private final long intervalMs;
    private final long timeoutMs;
    private final long stepMs;
    private final List<Set<Place>> ring = new ArrayList<>();
    private long doneMs;
    private boolean stopped;

    /**
     * Creates a wheel that does not turn yet.
     *
     * @param pings encodes a ping of a time since the Unix epoch in milliseconds
     * @param interval of connections that have none of their own
     * @param timeout silence beyond its interval that ends a connection
     */
    Heartbeat(
            EventLoop loop,
            Ticker ticker,
            InstantSource clock,
            LongFunction<EncodedFrame> pings,
            Duration interval,
            Duration timeout) {
        this.loop = loop;
        this.ticker = ticker;
        this.clock = clock;
        this.pings = pings;
        this.intervalMs = interval.toMillis();
        this.timeoutMs = timeout.toMillis();
        this.stepMs = Math.max(1, intervalMs / STEPS);
        // Beyond the interval: the step that is being done, and two for rounding up, so that no place lands in the step
        // itself.
        long buckets = intervalMs / stepMs + 3;
        for (long i = 0; i < buckets; i++) {
            ring.add(new LinkedHashSet<>(0));
        }
    }

    /** Lets the wheel turn. */
    void start() {
        doneMs = ticker.millis();
        scheduleStep();
    }

    /** Ends the turning; nobody is pinged or found silent from now on. */
    void stop() {
        stopped = true;
    }

    /** Puts a connection on the wheel; its first ping is one interval away. */
    Place join(Heart heart) {
        Place place = new Place(heart, ticker.millis() + intervalMs);
        put(place);
        return place;
    }

    private void scheduleStep() {
        loop.schedule(Duration.ofMillis(stepMs), this::step);
    }

    private void step() {
        if (stopped) {
            return;
        }
        long now = ticker.millis();
        // A loop that was held up does at most one whole turn: that visits every bucket.
        long from = Math.max(doneMs / stepMs + 1, now / stepMs - ring.size() + 1);
        List<Place> due = new ArrayList<>();
        for (long slot = from; slot <= now / stepMs; slot++) {
            Set<Place> bucket = bucketOf(slot);
            due.addAll(bucket);
            bucket.clear();
        }
        doneMs = now;
        visit(due, now);
        scheduleStep();
    }

    private void visit(List<Place> due, long now) {
        EncodedFrame ping = null;
        long timeMs = clock.millis();
        due.forEach(place -> place.bucket = null);
        for (Place place : due) {
            // A heart may take others of the same bucket off the wheel.
            if (place.left) {
                continue;
            }
            if (now >= place.silentAtMs()) {
                place.left = true;
                place.heart.silent();
                continue;
            }
            if (now >= place.nextPingMs) {
                ping = ping == null ? pings.apply(timeMs) : ping;
                place.nextPingMs = now + place.everyMs;
                place.heart.beat(ping, timeMs);
            }
            if (!place.left) {
                put(place);
            }
        }
    }

    private void put(Place place) {
        long dueMs = Math.min(place.nextPingMs, place.silentAtMs());
        // Never into a bucket that this turn has passed: it would be found a whole turn later. One that is due in a
        // later turn than
        // this stands where it is looked at too early, and is put back.
        long slot = Math.max(dueMs / stepMs + 1, ticker.millis() / stepMs + 1);
        Set<Place> bucket = bucketOf(slot);
        bucket.add(place);
        place.bucket = bucket;
    }

    private Set<Place> bucketOf(long slot) {
        return ring.get((int) Math.floorMod(slot, (long) ring.size()));
    }
}
