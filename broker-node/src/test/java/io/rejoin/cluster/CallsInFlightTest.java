package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CallsInFlightTest extends LogTest {

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final CallsInFlight calls = new CallsInFlight(vertx);
    private final Promise<String> call = Promise.promise();

    @AfterEach
    void stop() {
        await(vertx.close());
    }

    private Future<String> begin(Promise<String> begun) {
        AtomicReference<Future<String>> future = new AtomicReference<>();
        context.runOnContext(ignored -> future.set(calls.await(begun.future())));
        Await.until(() -> future.get() != null, () -> "context did not run");
        return future.get();
    }

    @Test
    void completesWithTheCall() {
        Future<String> future = begin(call);

        call.complete("done");

        assertThat(await(future)).isEqualTo("done");
    }

    @Test
    void failsWithTheCall() {
        Future<String> future = begin(call);

        call.fail("no");

        Await.until(future::isComplete, () -> "the future waits");
        assertThat(future.cause()).hasMessage("no");
    }

    @Test
    void failsWhatIsInFlightWhenItIsGivenUp() {
        Future<String> future = begin(call);

        calls.giveUp("node n2 left");

        Await.until(future::isComplete, () -> "the future waits although its call was given up");
        assertThat(future.cause())
                .isInstanceOf(ClusterStateException.class)
                .hasMessage("call given up, its outcome is unknown: node n2 left");
    }

    @Test
    void failsOnTheCallersLoopWhenItIsGivenUp() {
        Future<String> future = begin(call);
        AtomicReference<Context> completedOn = new AtomicReference<>();
        future.onComplete(result -> completedOn.set(Vertx.currentContext()));

        calls.giveUp("node n2 left");

        Await.until(() -> completedOn.get() != null, () -> "the future waits");
        assertThat(completedOn.get()).isSameAs(context);
    }

    @Test
    void dropsALateAnswer() {
        Future<String> future = begin(call);
        calls.giveUp("node n2 left");
        Await.until(future::isComplete, () -> "the future waits");

        call.complete("late");

        assertThat(future.failed()).isTrue();
    }

    @Test
    void leavesWhatBeginsLaterAlone() {
        Future<String> early = begin(call);
        calls.giveUp("node n2 left");
        Await.until(early::isComplete, () -> "the future waits");
        Promise<String> next = Promise.promise();
        Future<String> later = begin(next);

        next.complete("done");

        assertThat(await(later)).isEqualTo("done");
    }
}
