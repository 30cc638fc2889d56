package io.rejoin.chaos.net;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;

/**
 * Passes TCP connections on, and what they carry later than it came: in order, each piece by a delay of its own.
 *
 * <p>Threading: one event loop of its own; methods may be called from any other thread and wait for it. Limits: a direction of a connection
 * holds {@value #MAX_HELD} bytes, then its sender waits.
 */
public final class DelayRelay implements AutoCloseable {

    private static final int MAX_HELD = 8 << 20;
    private static final long LIMIT_SECONDS = 10;

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    private final String host;
    private final int leastMs;
    private final int mostMs;
    private final RandomGenerator random;
    private final List<NetServer> servers = new ArrayList<>();

    /**
     * Makes one that passes nothing yet.
     *
     * @param host where it listens
     * @param leastMs least delay
     * @param mostMs longest delay, at least that
     */
    public DelayRelay(String host, int leastMs, int mostMs, RandomGenerator random) {
        this.host = host;
        this.leastMs = leastMs;
        this.mostMs = mostMs;
        this.random = random;
    }

    /** Passes connections on to an address; returns the port on which it takes them. */
    public synchronized int to(String targetHost, int targetPort) {
        NetServer server = vertx.createNetServer().connectHandler(near -> {
            near.pause();
            vertx.createNetClient()
                    .connect(targetPort, targetHost)
                    .onSuccess(far -> {
                        pass(near, far);
                        pass(far, near);
                        near.resume();
                    })
                    .onFailure(refused -> near.close());
        });
        servers.add(server);
        return get(server.listen(0, host)).actualPort();
    }

    /** Ends all connections. */
    @Override
    public synchronized void close() {
        get(vertx.close());
    }

    private void pass(NetSocket from, NetSocket to) {
        Direction direction = new Direction(from, to);
        from.handler(direction::take);
        from.closeHandler(v -> direction.end());
        from.exceptionHandler(fault -> direction.end());
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the relay", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("relay: " + e, e);
        }
    }

    private record Due(long at, Runnable task) {}

    private final class Direction {

        private final NetSocket from;
        private final NetSocket to;
        private final Deque<Due> waiting = new ArrayDeque<>();
        private long lastDue;
        private int held;

        Direction(NetSocket from, NetSocket to) {
            this.from = from;
            this.to = to;
        }

        void take(Buffer piece) {
            held += piece.length();
            if (held > MAX_HELD) {
                from.pause();
            }
            later(() -> {
                held -= piece.length();
                if (held <= MAX_HELD) {
                    from.resume();
                }
                // What cannot be written any more is followed by the close.
                to.write(piece).onFailure(fault -> {});
            });
        }

        void end() {
            later(to::close);
        }

        private void later(Runnable task) {
            lastDue = Math.max(lastDue, millis() + random.nextInt(leastMs, mostMs + 1));
            waiting.add(new Due(lastDue, task));
            if (waiting.size() == 1) {
                waitForNext();
            }
        }

        private void waitForNext() {
            Due next = waiting.element();
            vertx.setTimer(Math.max(1, next.at - millis()), t -> run());
        }

        /** One timer for all: those of several may go off in another order. */
        private void run() {
            while (!waiting.isEmpty() && waiting.element().at <= millis()) {
                waiting.remove().task.run();
            }
            if (!waiting.isEmpty()) {
                waitForNext();
            }
        }

        private static long millis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        }
    }
}
