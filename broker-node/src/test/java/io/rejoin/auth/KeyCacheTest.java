package io.rejoin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Tokens;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyCacheTest {

    private static final Duration REFRESH = Duration.ofMinutes(5);
    private static final Duration MAX_AGE = Duration.ofHours(1);

    private long ticks;
    private final List<Promise<byte[]>> reads = new ArrayList<>();
    private final KeyCache cache = new KeyCache(
            () -> {
                Promise<byte[]> read = Promise.promise();
                reads.add(read);
                return read.future();
            },
            JwtKeySet::ofSecret,
            REFRESH,
            MAX_AGE,
            () -> ticks);

    private void answerLast() {
        reads.get(reads.size() - 1).complete(Tokens.SECRET.getBytes(StandardCharsets.UTF_8));
    }

    private void failLast() {
        reads.get(reads.size() - 1).fail("server is down");
    }

    private JwtKeySet read() {
        Future<JwtKeySet> first = cache.current();
        answerLast();
        return first.result();
    }

    @Test
    void readsOnceForAllWhoAskMeanwhile() {
        Future<JwtKeySet> first = cache.current();
        Future<JwtKeySet> second = cache.current();
        answerLast();

        assertThat(reads).hasSize(1);
        assertThat(first.result()).isNotNull().isSameAs(second.result());
    }

    @Test
    void servesOldKeysWhileTheyAreReadAgain() {
        JwtKeySet old = read();
        ticks += REFRESH.toMillis();

        Future<JwtKeySet> meanwhile = cache.current();
        answerLast();

        assertThat(reads).hasSize(2);
        assertThat(meanwhile.result()).isSameAs(old);
        assertThat(cache.current().result()).isNotSameAs(old);
    }

    @Test
    void servesOldKeysWhenTheyCannotBeReadAgainUntilTheyAreTooOld() {
        JwtKeySet old = read();
        ticks += REFRESH.toMillis();
        cache.current();
        failLast();

        ticks = MAX_AGE.toMillis() - 1;
        assertThat(cache.current().result()).isSameAs(old);
        failLast();
        ticks += 1;
        Future<JwtKeySet> tooOld = cache.current();

        assertThat(tooOld.failed()).isTrue();
        assertThat(tooOld.cause()).hasRootCauseMessage("server is down");
    }

    @Test
    void triesAgainAfterAPauseWhenNothingCouldBeRead() {
        Future<JwtKeySet> first = cache.current();
        failLast();
        Future<JwtKeySet> tooSoon = cache.current();
        ticks += KeyCache.LEAST_PAUSE.toMillis();
        Future<JwtKeySet> later = cache.current();
        answerLast();

        assertThat(first.failed()).isTrue();
        assertThat(tooSoon.failed()).isTrue();
        assertThat(reads).hasSize(2);
        assertThat(later.succeeded()).isTrue();
    }

    @Test
    void keepsTheOldKeysWhenTheNewOnesAreUnusable() {
        JwtKeySet old = read();
        ticks += REFRESH.toMillis();
        cache.current();
        reads.get(1).complete(new byte[5]);

        assertThat(cache.current().result()).isSameAs(old);
    }

    @Test
    void givesTheOldKeysForAnUnknownOneWhenTheServerIsDown() {
        JwtKeySet old = read();
        ticks += KeyCache.LEAST_PAUSE.toMillis();

        Future<JwtKeySet> after = cache.after(old);
        failLast();

        assertThat(after.result()).isSameAs(old);
    }
}
