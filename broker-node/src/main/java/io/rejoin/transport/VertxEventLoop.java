package io.rejoin.transport;

import io.netty.util.concurrent.ScheduledFuture;
import io.rejoin.flow.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * An event loop of Vert.x. Tasks run on its context, so that futures made in them complete on the same loop.
 *
 * <p>Threading: thread-safe.
 */
public final class VertxEventLoop implements EventLoop {

    private final ContextInternal context;
    private final io.netty.channel.EventLoop netty;

    private VertxEventLoop(ContextInternal context) {
        this.context = context;
        this.netty = context.nettyEventLoop();
    }

    /**
     * The loop of a context.
     *
     * @throws IllegalArgumentException when the context is not one of an event loop
     */
    public static VertxEventLoop of(Context context) {
        if (context.threadingModel() != ThreadingModel.EVENT_LOOP) {
            throw new IllegalArgumentException(
                    "context=" + context.threadingModel() + " (expected: an event-loop context)");
        }
        return new VertxEventLoop((ContextInternal) context);
    }

    /**
     * New contexts, one loop each as long as Vert.x has that many.
     *
     * @param count 1 and above
     */
    public static List<VertxEventLoop> spread(Vertx vertx, int count) {
        VertxInternal internal = (VertxInternal) vertx;
        return Stream.generate(internal::createEventLoopContext)
                .limit(count)
                .map(VertxEventLoop::new)
                .toList();
    }

    @Override
    public boolean isCurrent() {
        return netty.inEventLoop();
    }

    @Override
    public void execute(Runnable task) {
        context.runOnContext(nothing -> task.run());
    }

    @Override
    public Cancellation schedule(Duration delay, Runnable task) {
        ScheduledFuture<?> scheduled =
                netty.schedule(() -> context.dispatch(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    /** Runs a task now, on the context; to be called on this loop. */
    void dispatch(Runnable task) {
        context.dispatch(task);
    }

    ContextInternal context() {
        return context;
    }

    @Override
    public String toString() {
        return "loop-" + Integer.toHexString(System.identityHashCode(netty));
    }
}
