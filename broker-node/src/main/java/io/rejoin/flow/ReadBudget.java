package io.rejoin.flow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How many reads of the log, for members that fell behind, one node does at once: many members that lag together must not take the
 * owners' time from appends.
 *
 * <p>Threading: thread-safe; tasks run on the loops they name. Ordering: first come, first served, over all rooms. Limits: that of the
 * constructor at once; each room asks once per cursor, so what waits is bounded by members.
 */
public final class ReadBudget {

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private int free;

    private record Waiting(EventLoop loop, Consumer<Permit> task) {}

    /** The right to read, until it is given back. */
    public final class Permit {

        private final AtomicBoolean given = new AtomicBoolean();

        private Permit() {}

        /** Lets the next one read. Only the first call counts. */
        public void giveBack() {
            if (given.compareAndSet(false, true)) {
                next();
            }
        }
    }

    /**
     * Creates a budget of which nothing is used.
     *
     * @param atOnce 1 and above
     */
    public ReadBudget(int atOnce) {
        this.free = atOnce;
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
        loop.execute(() -> task.accept(new Permit()));
    }

    private void next() {
        Waiting next = nextWaiting();
        if (next != null) {
            next.loop().execute(() -> next.task().accept(new Permit()));
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
