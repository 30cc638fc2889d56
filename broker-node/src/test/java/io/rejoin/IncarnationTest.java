package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class IncarnationTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    @Test
    void goesOnWithoutAStepThatDoesNotEnd() {
        Promise<Void> hanging = Promise.promise();

        Future<Void> waited = Incarnation.atMost(Duration.ofMillis(20), "a test", hanging.future());

        Await.until(waited::isComplete, () -> "the step is still waited for");
        assertThat(waited.succeeded()).isTrue();
    }

    @Test
    void waitsForAStepThatEndsInTime() {
        Promise<Void> step = Promise.promise();
        Future<Void> waited = Incarnation.atMost(LONG, "a test", step.future());
        boolean overBefore = waited.isComplete();

        step.complete();

        assertThat(overBefore).isFalse();
        assertThat(waited.succeeded()).isTrue();
    }

    @Test
    void tellsWhyAStepFailed() {
        Throwable cause = new IllegalStateException("refused");

        Future<Void> waited = Incarnation.atMost(LONG, "a test", Future.failedFuture(cause));

        assertThat(waited.cause()).isSameAs(cause);
    }
}
