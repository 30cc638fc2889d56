package io.rejoin.flow;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes of all tails of one node. Over its limit the tails that were neither written nor read for the longest are emptied; whoever
 * needed them reads the log instead.
 *
 * <p>Threading: thread-safe. Adding is one atomic instruction; of the threads that find it over its limit one empties tails, the others
 * go on. Limits: that of the constructor, passed by what is appended while tails are being emptied, and by the newest frame of each tail
 * in use.
 */
public final class TailBudget {

    /** Whose newest frame stays: members are about to read it. */
    private static final long IN_USE_MS = 1_000;

    private final long limit;
    private final long goal;
    private final Ticker ticker;
    private final Set<Tail> tails = ConcurrentHashMap.newKeySet();
    private final AtomicLong used = new AtomicLong();
    private final LongAdder emptied = new LongAdder();
    private final AtomicBoolean emptying = new AtomicBoolean();
    private volatile long threshold;

    /**
     * A tail, as the budget sees it.
     *
     * <p>Threading: thread-safe.
     */
    public interface Tail {

        /** When it was last written or read, by {@link TailBudget#now}. */
        long lastUsed();

        /**
         * Lets its frames go and reports that by {@link TailBudget#add}.
         *
         * @param allButNewest whether the newest one stays
         */
        void empty(boolean allButNewest);
    }

    private record Candidate(Tail tail, long lastUsed) {}

    /**
     * Creates a budget of which nothing is used.
     *
     * @param limit in bytes
     */
    public TailBudget(long limit, Ticker ticker) {
        this.limit = limit;
        this.goal = limit / 10 * 9;
        this.ticker = ticker;
        this.threshold = limit;
    }

    /** Counts a tail in, which is empty yet. */
    public void register(Tail tail) {
        tails.add(tail);
    }

    /** Counts a tail out, which has reported that it is empty. */
    public void unregister(Tail tail) {
        tails.remove(tail);
    }

    /** The time that uses of tails are noted with, in milliseconds. */
    public long now() {
        return ticker.millis();
    }

    /** A tail has so many bytes more, or less. */
    public void add(long bytes) {
        used.addAndGet(bytes);
    }

    /** Empties tails when there is need; to be called without the lock of any tail. */
    public void trim() {
        if (used.get() <= threshold || !emptying.compareAndSet(false, true)) {
            return;
        }
        try {
            emptyOldest();
            // When even that was not enough, every append would go through all tails in vain.
            threshold = Math.max(limit, used.get() + limit / 10);
        } finally {
            emptying.set(false);
        }
    }

    private void emptyOldest() {
        long inUseSince = now() - IN_USE_MS;
        List<Candidate> oldestFirst = tails.stream()
                .map(tail -> new Candidate(tail, tail.lastUsed()))
                .sorted(Comparator.comparingLong(Candidate::lastUsed))
                .toList();
        for (Candidate oldest : oldestFirst) {
            if (used.get() <= goal) {
                return;
            }
            oldest.tail().empty(oldest.lastUsed() > inUseSince);
            emptied.increment();
        }
    }

    /** Bytes in use. */
    public long used() {
        return used.get();
    }

    /** How many tails were emptied. */
    public long emptied() {
        return emptied.sum();
    }
}
