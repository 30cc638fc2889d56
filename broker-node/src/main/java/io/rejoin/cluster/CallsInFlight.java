package io.rejoin.cluster;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Calls whose answers are awaited, and which can be given up before Hazelcast gives them up.
 *
 * <p>A call that waits for a copy on a member that died ends only with the backup timeout, 1.5 to 2.5 s later, although all know that
 * the member is gone. To give it up is safe whenever the same call may be repeated: its outcome is unknown, as with every failure.
 *
 * <p>Threading: thread-safe; futures complete on the context that asked for them.
 */
final class CallsInFlight {

    private final Vertx vertx;
    private final Map<Promise<?>, Context> calls = new ConcurrentHashMap<>();

    CallsInFlight(Vertx vertx) {
        this.vertx = vertx;
    }

    /**
     * A future that completes on the caller's context: with the call, or when it is given up.
     *
     * @param call completes on the caller's context
     */
    <T> Future<T> await(Future<T> call) {
        Promise<T> promise = Promise.promise();
        calls.put(promise, vertx.getOrCreateContext());
        call.onComplete(result -> {
            calls.remove(promise);
            if (result.succeeded()) {
                promise.tryComplete(result.result());
            } else {
                promise.tryFail(result.cause());
            }
        });
        return promise.future();
    }

    /** Fails every call that is in flight now; its late answer is dropped. */
    void giveUp(String why) {
        for (Map.Entry<Promise<?>, Context> call : List.copyOf(calls.entrySet())) {
            Promise<?> promise = call.getKey();
            call.getValue().runOnContext(ignored -> {
                if (calls.remove(promise) != null) {
                    promise.tryFail(new ClusterStateException("call given up, its outcome is unknown: " + why));
                }
            });
        }
    }
}
