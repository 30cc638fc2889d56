package io.rejoin.chaos.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thread that serves the sockets of all clients of a run, so that one clock and one order hold for all of them, and nothing but a
 * socket's own buffers reads ahead of what a client wants to read.
 *
 * <p>Threading: {@link #execute}, {@link #call}, {@link #await} and {@link #close} may be called from elsewhere; all else on the loop.
 * Failure: a fault on the loop ends it, and is thrown at whoever waits.
 */
final class FlowLoop implements AutoCloseable {

    private static final Duration CALL_LIMIT = Duration.ofSeconds(60);
    private static final long NANOS_PER_MILLI = 1_000_000L;

    private final Selector selector;
    private final Thread thread = new Thread(this::run, "flow-clients");
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private long timersMade;
    private volatile boolean closing;
    private volatile @Nullable Throwable fault;

    /** Something to be done later; ties are done in the order in which they were asked for. */
    private record Timer(long dueNanos, long number, Runnable task) implements Comparable<Timer> {

        @Override
        public int compareTo(Timer other) {
            int byDue = Long.compare(dueNanos - other.dueNanos, 0);
            return byDue != 0 ? byDue : Long.compare(number, other.number);
        }
    }

    /** Starts the thread. */
    FlowLoop() {
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot open a selector", e);
        }
        thread.setDaemon(true);
        thread.start();
    }

    Selector selector() {
        return selector;
    }

    /** Runs a task on the loop, soon. */
    void execute(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    /** Runs a task on the loop and waits for its result. */
    <T> T call(Supplier<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        execute(() -> {
            try {
                result.complete(task.get());
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the clients", e);
        } catch (ExecutionException | TimeoutException e) {
            checkAlive();
            throw new IllegalStateException("a task of the clients failed", e);
        }
    }

    /** Runs a task on the loop and waits until it is done. */
    void run(Runnable task) {
        call(() -> {
            task.run();
            return true;
        });
    }

    /**
     * Waits until a condition, which is looked at on the loop, holds.
     *
     * @throws IllegalStateException when it does not in time
     */
    void await(BooleanSupplier condition, Duration limit, Supplier<String> state) {
        Await.until(() -> call(condition::getAsBoolean), limit, () -> call(state));
    }

    /** Runs a task on the loop after a delay. */
    void after(long delayNanos, Runnable task) {
        timers.add(new Timer(System.nanoTime() + delayNanos, timersMade++, task));
    }

    /** Runs a task on the loop again and again until it returns false. */
    void every(long periodNanos, BooleanSupplier task) {
        after(periodNanos, () -> {
            if (task.getAsBoolean()) {
                every(periodNanos, task);
            }
        });
    }

    private void checkAlive() {
        Throwable cause = fault;
        if (cause != null) {
            throw new IllegalStateException("the clients' thread ended", cause);
        }
    }

    /** Ends the thread and with it all sockets. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join(CALL_LIMIT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        checkAlive();
    }

    private void run() {
        try (Selector open = selector) {
            while (!closing) {
                select(open);
                for (SelectionKey key : open.selectedKeys()) {
                    if (key.isValid()) {
                        ((FlowSocket) key.attachment()).onReady(key.readyOps());
                    }
                }
                open.selectedKeys().clear();
                runTasks();
                runTimers();
            }
            for (SelectionKey key : open.keys()) {
                key.channel().close();
            }
        } catch (IOException | RuntimeException | Error e) {
            fault = e;
        }
    }

    private void select(Selector open) throws IOException {
        Timer next = timers.peek();
        if (!tasks.isEmpty()) {
            open.selectNow();
        } else if (next == null) {
            open.select();
        } else {
            long nanos = next.dueNanos() - System.nanoTime();
            if (nanos <= 0) {
                open.selectNow();
            } else {
                open.select(Math.max(1, nanos / NANOS_PER_MILLI));
            }
        }
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private void runTimers() {
        long now = System.nanoTime();
        for (Timer next = timers.peek(); next != null && next.dueNanos() - now <= 0; next = timers.peek()) {
            timers.remove();
            next.task().run();
        }
    }
}
