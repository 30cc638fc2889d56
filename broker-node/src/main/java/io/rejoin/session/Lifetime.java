package io.rejoin.session;

import io.rejoin.flow.EventLoop;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The age that one connection reaches: none above the most, and no two the same, so that connections which were opened together do not
 * end together. Before its end the client is told to resume elsewhere.
 *
 * <p>Threading: event loop of the connection.
 */
final class Lifetime {

    /** Of the most: the youngest age at which a connection may end. */
    private static final double YOUNGEST = 0.75;
    /** Before the end: when the client is told at the latest, and at most so much of the whole life. */
    private static final long NOTICE_MS = 30_000;

    private static final int NOTICE_SHARE = 4;

    private final EventLoop loop;
    private final long tellAtMs;
    private final long noticeMs;
    private final long afterMs;
    private EventLoop.@Nullable Cancellation timer;

    /** Told of the two moments. */
    interface Listener {

        /**
         * The client has to know now.
         *
         * @param afterMs when it is to resume elsewhere
         * @param deadlineMs when the connection ends
         */
        void onNotice(long afterMs, long deadlineMs);

        /** The connection ends. */
        void onEnd();
    }

    /**
     * Draws the age.
     *
     * @param most above zero
     */
    Lifetime(EventLoop loop, Duration most, RandomGenerator random) {
        long mostMs = most.toMillis();
        long endMs = Math.max(1, Math.round(mostMs * (YOUNGEST + (1 - YOUNGEST) * random.nextDouble())));
        this.loop = loop;
        this.noticeMs = Math.min(NOTICE_MS, endMs / NOTICE_SHARE);
        this.tellAtMs = endMs - noticeMs;
        // The second half is for a client whose first attempt fails.
        this.afterMs = Math.round(noticeMs * random.nextDouble() / 2);
    }

    /** Begins now. */
    void start(Listener listener) {
        timer = loop.schedule(Duration.ofMillis(tellAtMs), () -> {
            timer = loop.schedule(Duration.ofMillis(noticeMs), listener::onEnd);
            listener.onNotice(afterMs, noticeMs);
        });
    }

    /** Tells nothing from now on. */
    void stop() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
