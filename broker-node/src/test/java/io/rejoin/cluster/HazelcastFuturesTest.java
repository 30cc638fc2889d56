package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HazelcastFuturesTest extends LogTest {

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final CompletableFuture<String> stage = new CompletableFuture<>();

    @AfterEach
    void stop() {
        await(vertx.close());
    }

    /** Where the future of the stage completes, bridged on {@link #context}. */
    private AtomicReference<Context> bridge(AtomicReference<Future<String>> bridged) {
        AtomicReference<Context> completedOn = new AtomicReference<>();
        context.runOnContext(ignored -> {
            Future<String> future = HazelcastFutures.onCallersLoop(vertx, stage);
            future.onComplete(result -> completedOn.set(Vertx.currentContext()));
            bridged.set(future);
        });
        Await.until(() -> bridged.get() != null, () -> "context did not run");
        return completedOn;
    }

    @Test
    void completesOnTheCallersLoop() {
        AtomicReference<Future<String>> bridged = new AtomicReference<>();
        AtomicReference<Context> completedOn = bridge(bridged);

        stage.complete("done");
        Await.until(() -> completedOn.get() != null, () -> "future is not complete");

        assertThat(bridged.get().result()).isEqualTo("done");
        assertThat(completedOn.get()).isSameAs(context);
    }

    @Test
    void failsOnTheCallersLoop() {
        AtomicReference<Future<String>> bridged = new AtomicReference<>();
        AtomicReference<Context> completedOn = bridge(bridged);
        IllegalStateException failure = new IllegalStateException("no");

        stage.completeExceptionally(failure);
        Await.until(() -> completedOn.get() != null, () -> "future is not complete");

        assertThat(bridged.get().cause()).isSameAs(failure);
        assertThat(completedOn.get()).isSameAs(context);
    }

    @Test
    void troublesNoOneWhenTheLoopIsGone() {
        bridge(new AtomicReference<>());
        await(vertx.close());

        assertThatCode(() -> stage.complete("late")).doesNotThrowAnyException();
    }
}
