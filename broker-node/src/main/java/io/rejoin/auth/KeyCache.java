package io.rejoin.auth;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys of a source and reads them again when they are old, or when a token names one that is not among them.
 *
 * <p>Keys that are old serve on while they are read again, and when that fails, up to an age. However many tokens name unknown keys, the
 * source is read at most once per {@link #LEAST_PAUSE}, and once at a time.
 *
 * <p>Threading: thread-safe, by its monitor, which is held for moments only; futures complete on any thread.
 */
final class KeyCache {

    /** Shortest time between two reads. */
    static final Duration LEAST_PAUSE = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(KeyCache.class);

    private final KeySource source;
    private final Function<byte[], JwtKeySet> parser;
    private final Duration refresh;
    private final Duration maxAge;
    private final LongSupplier ticks;
    private @Nullable JwtKeySet keys;
    private long readAt;
    private boolean tried;
    private long triedAt;
    private @Nullable Future<JwtKeySet> reading;
    private @Nullable Throwable lastFailure;

    /**
     * Creates a cache that has read nothing yet.
     *
     * @param parser throws IllegalArgumentException when there is no usable key
     * @param refresh keys that are older are read again
     * @param maxAge keys that are older are not used
     * @param ticks milliseconds of a clock that never jumps
     */
    KeyCache(
            KeySource source,
            Function<byte[], JwtKeySet> parser,
            Duration refresh,
            Duration maxAge,
            LongSupplier ticks) {
        this.source = source;
        this.parser = parser;
        this.refresh = refresh;
        this.maxAge = maxAge;
        this.ticks = ticks;
    }

    /** The keys now; fails when there are none, or only those that are too old. */
    Future<JwtKeySet> current() {
        return ask(false);
    }

    /** The keys for a token that names none of {@code seen}: read again, unless that was done a moment ago. */
    Future<JwtKeySet> after(JwtKeySet seen) {
        JwtKeySet known;
        synchronized (this) {
            known = keys;
        }
        return known != null && known != seen ? Future.succeededFuture(known) : ask(true);
    }

    private Future<JwtKeySet> ask(boolean fresh) {
        Promise<JwtKeySet> begun = null;
        Future<JwtKeySet> answer;
        synchronized (this) {
            long now = ticks.getAsLong();
            boolean mayRead = reading == null && (!tried || now - triedAt >= LEAST_PAUSE.toMillis());
            boolean due = keys == null || fresh || now - readAt >= refresh.toMillis();
            if (due && mayRead) {
                begun = Promise.promise();
                reading = begun.future();
                tried = true;
                triedAt = now;
            }
            answer = answer(fresh, now);
        }
        if (begun != null) {
            read(begun);
        }
        return answer;
    }

    private Future<JwtKeySet> answer(boolean fresh, long now) {
        JwtKeySet known = keys != null && now - readAt < maxAge.toMillis() ? keys : null;
        Future<JwtKeySet> pending = reading;
        if (known != null && (!fresh || pending == null)) {
            return Future.succeededFuture(known);
        }
        if (pending != null) {
            return known == null ? pending : pending.otherwise(known);
        }
        return Future.failedFuture(new IllegalStateException("keys of tokens cannot be read", lastFailure));
    }

    private void read(Promise<JwtKeySet> begun) {
        source.read().map(parser).onComplete(result -> {
            synchronized (this) {
                reading = null;
                lastFailure = result.cause();
                if (result.succeeded()) {
                    keys = result.result();
                    readAt = ticks.getAsLong();
                }
            }
            if (result.failed()) {
                LOG.warn("keys of tokens were not read; those read before serve on", result.cause());
            }
            begun.handle(result);
        });
    }
}
