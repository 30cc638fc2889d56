package io.rejoin.cluster;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.CompletionStage;

/**
 * The one bridge from Hazelcast's stages to futures of the caller's event loop.
 *
 * <p>A bare callback on such a stage runs on the common pool, or, on two processors or fewer, on a new thread each time; so every
 * callback is given an executor here, and that is the caller's context.
 *
 * <p>Threading: thread-safe; to be called on a Vert.x context.
 */
final class HazelcastFutures {

    private HazelcastFutures() {}

    /** A future that completes on the caller's context. */
    static <T> Future<T> onCallersLoop(Vertx vertx, CompletionStage<T> stage) {
        Context context = vertx.getOrCreateContext();
        Promise<T> promise = Promise.promise();
        stage.whenCompleteAsync(
                (result, failure) -> {
                    if (failure == null) {
                        promise.complete(result);
                    } else {
                        promise.fail(failure);
                    }
                },
                task -> context.runOnContext(ignored -> task.run()));
        return promise.future();
    }
}
