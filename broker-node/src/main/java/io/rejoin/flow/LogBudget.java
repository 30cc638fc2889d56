package io.rejoin.flow;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes of the logs that one node owns. Each room has bounds of its own; this one is for many rooms, which nothing else counts.
 *
 * <p>What is added is counted at once, what is let go, moves away or arrives only when all logs are measured. So it may be wrong for the
 * time between two measurements, in either direction.
 *
 * <p>Threading: thread-safe without locks. Limits: that of the constructor; whoever adds asks {@link #isFull} first.
 */
public final class LogBudget {

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final LongAdder refused = new LongAdder();

    /**
     * Creates a budget of which nothing is used.
     *
     * @param limit in bytes
     */
    public LogBudget(long limit) {
        this.limit = limit;
    }

    /** Whether the logs may not grow. */
    public boolean isFull() {
        return used.get() >= limit;
    }

    /** Whether they may not grow by the little either that a publisher takes who is new to a room: a quarter is kept for those. */
    public boolean isExhausted() {
        return used.get() - limit >= limit / 4;
    }

    /** Logs grew by so many bytes. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    /** All logs were measured. */
    public void measured(long bytes) {
        used.set(bytes);
    }

    /** Something was refused because the logs may not grow. */
    public void refuse() {
        refused.increment();
    }

    /** Bytes in use, as far as it is known. */
    public long used() {
        return used.get();
    }

    /** How often something was refused. */
    public long refused() {
        return refused.sum();
    }
}
