package io.rejoin.flow;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes that wait, on one node, to be appended to any room's log. Each room has bounds of its own; this one is for many rooms at once,
 * as when the logs stop answering.
 *
 * <p>Threading: thread-safe without locks. Limits: that of the constructor; what does not fit is refused, never queued. A refusal may
 * come a few bytes early when several threads ask at the limit.
 */
public final class AppendBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final LongAdder refused = new LongAdder();

    /**
     * Creates a budget of which nothing is used.
     *
     * @param limit in bytes
     */
    public AppendBudget(long limit) {
        this.limit = limit;
    }

    /** Takes so many bytes; returns whether they fit. What was taken has to be given back. */
    public boolean take(int bytes) {
        if (used.addAndGet(bytes) <= limit) {
            return true;
        }
        used.addAndGet(-bytes);
        refused.increment();
        return false;
    }

    /** Gives back what was taken. */
    public void giveBack(int bytes) {
        used.addAndGet(-bytes);
    }

    /** Bytes in use. */
    public long used() {
        return used.get();
    }

    /** How often it refused. */
    public long refused() {
        return refused.sum();
    }
}
