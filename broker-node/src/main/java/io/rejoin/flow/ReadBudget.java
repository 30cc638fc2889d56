package io.rejoin.flow;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How many reads of the log, for members that fell behind, one node does at once, and how many bytes per second they give: many members
 * that lag together must not take the owners' time from appends.
 *
 * <p>A read is charged once its size is known: who has read more than the rate allows keeps the right to read, unused, until that is paid
 * back. So the rate is exceeded by no more than one read of each that are done at once.
 *
 * <p>Threading: thread-safe; tasks run on the loops they name. Ordering: first come, first served, over all rooms. Limits: those of the
 * constructor; each room asks once per cursor, so what waits is bounded by members.
 */
public final class ReadBudget {

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final TokenBucket bytes;
    private int free;

    private record Waiting(EventLoop loop, Consumer<Permit> task) {}

    /** The right to read, until it is given back. */
    public final class Permit {

        private final AtomicBoolean given = new AtomicBoolean();
        private final EventLoop loop;

        private Permit(EventLoop loop) {
            this.loop = loop;
        }

        /**
         * Lets the next one read, as soon as the rate allows. Only the first call counts.
         *
         * @param read bytes that the read gave; 0 and above
         */
        public void giveBack(long read) {
            if (given.compareAndSet(false, true)) {
                long waitMs = bytes.spend(read);
                if (waitMs == 0) {
                    next();
                } else {
                    loop.schedule(Duration.ofMillis(waitMs), ReadBudget.this::next);
                }
            }
        }
    }

    /**
     * Creates a budget of which nothing is used.
     *
     * @param atOnce 1 and above
     * @param bytes that all reads together may give
     */
    public ReadBudget(int atOnce, TokenBucket bytes) {
        this.free = atOnce;
        this.bytes = bytes;
    }

    /**
     * Runs a task once it may read.
     *
     * @param loop where it runs; never within this call
     * @param task has to give its permit back, whatever becomes of the read
     */
    public void take(EventLoop loop, Consumer<Permit> task) {
        synchronized (this) {
            if (free == 0) {
                waiting.addLast(new Waiting(loop, task));
                return;
            }
            free--;
        }
        loop.execute(() -> task.accept(new Permit(loop)));
    }

    private void next() {
        Waiting next = nextWaiting();
        if (next != null) {
            next.loop().execute(() -> next.task().accept(new Permit(next.loop())));
        }
    }

    private synchronized @Nullable Waiting nextWaiting() {
        Waiting next = waiting.pollFirst();
        if (next == null) {
            free++;
        }
        return next;
    }

    /** Reads that wait. */
    public synchronized int waiting() {
        return waiting.size();
    }
}
