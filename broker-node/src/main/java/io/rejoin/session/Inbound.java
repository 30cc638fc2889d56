package io.rejoin.session;

import io.rejoin.flow.EventLoop;
import io.rejoin.flow.Ticker;
import io.rejoin.flow.TokenBucket;
import io.rejoin.flow.TokenBucket.Rate;
import io.rejoin.flow.TokenBuckets;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a connection may still send.
 *
 * <p>Frames and bytes above their rate are handled and paid for by reading nothing until the rate is kept again, so that TCP slows down
 * who sends too fast and nobody has to resend anything. Publishes above theirs are refused: they burden the whole room, and a client that
 * shares a user or a room with others must not be held back in everything else. Whoever is refused again and again does not listen.
 *
 * <p>Threading: event loop of the connection; what connections share is thread-safe. Limits: beyond its rate, a connection has handled
 * what the socket gave in one go; it is refused {@value #REFUSED_AT_ONCE} times {@code limits.inflight} publishes at once, and
 * {@code limits.inflight} per second in the long run.
 */
final class Inbound {

    /** Shorter pauses are not worth their timers. */
    private static final long LEAST_PAUSE_MS = 10;

    /** In it a limit worth its name brings more than one publish, and a client learns of the refusal on any line. */
    private static final long LEAST_RETRY_AFTER_MS = 1_000;

    private static final int REFUSED_AT_ONCE = 4;

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private final InboundLimits limits;
    private final Shared shared;
    private final TokenBucket frames;
    private final TokenBucket bytes;
    private final TokenBucket publishes;
    private final TokenBucket refusals;
    private EventLoop.@Nullable Cancellation pause;

    /** What the connections of a user, and all publishers of a room through this node, share. */
    record Shared(TokenBuckets<UserId> userPublishes, TokenBuckets<UserId> userBytes, TokenBuckets<RoomId> rooms) {

        static Shared create(Ticker ticker) {
            return new Shared(new TokenBuckets<>(ticker), new TokenBuckets<>(ticker), new TokenBuckets<>(ticker));
        }
    }

    Inbound(Session session, SessionRegistry.Surroundings node, Shared shared) {
        this.session = session;
        this.node = node;
        this.limits = node.config().inbound();
        this.shared = shared;
        this.frames = new TokenBucket(limits.frames(), node.ticker());
        this.bytes = new TokenBucket(limits.bytes(), node.ticker());
        this.publishes = new TokenBucket(limits.publishes(), node.ticker());
        int inflight = node.config().limits().inflight();
        this.refusals = new TokenBucket(Rate.perSecond(inflight, REFUSED_AT_ONCE), node.ticker());
    }

    /** So much was read from the socket. */
    void onRead(int frameCount, int byteCount) {
        long owedMs = spend(frameCount, byteCount);
        if (pause == null) {
            pauseFor(owedMs);
        }
    }

    /** Whether nothing is to be read for now. */
    boolean isPaused() {
        return pause != null;
    }

    /** The connection is gone. */
    void stop() {
        if (pause != null) {
            pause.cancel();
            pause = null;
        }
    }

    private long spend(int frameCount, int byteCount) {
        long owed = Math.max(frames.spend(frameCount), bytes.spend(byteCount));
        UserId user = session.user();
        return user == null ? owed : Math.max(owed, shared.userBytes().spend(user, limits.userBytes(), byteCount));
    }

    private void pauseFor(long owedMs) {
        if (owedMs == 0) {
            return;
        }
        node.metrics().onThrottle();
        pause = session.loop().schedule(Duration.ofMillis(Math.max(LEAST_PAUSE_MS, owedMs)), () -> {
            pause = null;
            // More may be owed by now: for what had been read already, or by the user's other connections.
            pauseFor(spend(0, 0));
            session.adjustReading();
        });
        session.adjustReading();
    }

    /**
     * Admits a publish to its room.
     *
     * @return 0 when it may go on, else after how many milliseconds to try again
     */
    long admitPublish(RoomId room) {
        long wait = publishes.take(1);
        if (wait > 0) {
            return refuse("connection", wait);
        }
        UserId user = session.user();
        if (user != null) {
            wait = shared.userPublishes().take(user, limits.userPublishes(), 1);
            if (wait > 0) {
                publishes.giveBack(1);
                return refuse("user", wait);
            }
        }
        int perSecond = node.rooms().policyOf(room).publishRate();
        wait = shared.rooms().take(room, Rate.perSecond(perSecond, InboundLimits.REFUSED_SECONDS), 1);
        if (wait > 0) {
            publishes.giveBack(1);
            if (user != null) {
                shared.userPublishes().giveBack(user, 1);
            }
            return refuse("room", wait);
        }
        return 0;
    }

    private long refuse(String whose, long waitMs) {
        node.metrics().onPublishRefused(whose);
        return Math.max(LEAST_RETRY_AFTER_MS, waitMs);
    }

    /** Whether one more {@code rate-limited} may be answered; if not, the client floods. */
    boolean mayRefuse() {
        return refusals.take(1) == 0;
    }
}
