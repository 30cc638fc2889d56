package io.rejoin.room;

import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What a room remembers of one session's numbers: the last one, and where the newest ones went.
 *
 * <p>Kept as runs: numbers that follow each other and went to offsets that follow each other are one entry.
 *
 * <p>Threading: confined to its owner. Limits: positions of the last {@code inflight} numbers; older ones are known to be used, not
 * where they went.
 */
final class PublisherNumbers {

    /** Memory a run is charged with, in bytes. */
    static final int RUN_BYTES = 32;

    /** Memory a publisher is charged with beside its runs, in bytes. */
    static final int OWN_BYTES = 64;

    private final Deque<Run> runs = new ArrayDeque<>();
    private long last;
    private long settledBelow;
    private long lastTick;

    /** Numbers {@code number … number + count − 1}, at offsets from {@code offset}; offset 0: they were skipped. */
    record Run(long number, int count, long offset, Epoch epoch) {

        private boolean isSkip() {
            return offset == 0;
        }

        private boolean precedes(Run next) {
            return number + count == next.number
                    && (isSkip()
                            ? next.isSkip()
                            : !next.isSkip() && offset + count == next.offset && epoch.equals(next.epoch));
        }

        private Run with(Run next) {
            return new Run(number, count + next.count, offset, epoch);
        }
    }

    PublisherNumbers(long tick) {
        this.lastTick = tick;
    }

    long last() {
        return last;
    }

    long settledBelow() {
        return settledBelow;
    }

    long lastTick() {
        return lastTick;
    }

    Deque<Run> runs() {
        return runs;
    }

    /**
     * The number that is taken next.
     *
     * @param first lowest number the client has not seen acknowledged, 0 when not told
     */
    long expected(long first) {
        return expected(last, first);
    }

    /** The number taken next after {@code last}: what the client calls settled counts as used. */
    static long expected(long last, long first) {
        return Math.max(last, first - 1) + 1;
    }

    /** Where a used number went; {@code null} when it was skipped or is too old to be known. */
    @Nullable
    Position positionOf(long number) {
        for (Iterator<Run> newestFirst = runs.descendingIterator(); newestFirst.hasNext(); ) {
            Run run = newestFirst.next();
            if (number >= run.number() + run.count()) {
                return null;
            }
            if (number >= run.number()) {
                return run.isSkip() ? null : new Position(run.epoch(), run.offset() + (number - run.number()));
            }
        }
        return null;
    }

    /**
     * Uses a number up.
     *
     * @param offset where it went; 0 for a skip
     * @param first lowest number the client has not seen acknowledged, 0 when not told
     */
    void use(long number, long offset, Epoch epoch, long first, int inflight, long tick) {
        restore(new Run(number, 1, offset, epoch));
        last = number;
        lastTick = tick;
        settledBelow = Math.max(settledBelow, first);
        forgetThrough(number - inflight);
    }

    /** Adds a run that follows the newest one. */
    void restore(Run run) {
        Run newest = runs.peekLast();
        if (newest != null && newest.precedes(run)) {
            runs.removeLast();
            runs.addLast(newest.with(run));
        } else {
            runs.addLast(run);
        }
    }

    void restore(long lastNumber, long settled) {
        this.last = lastNumber;
        this.settledBelow = settled;
    }

    /** Lets go of positions that the client called settled: it never asks for them again. */
    void forgetSettled() {
        forgetThrough(settledBelow - 1);
    }

    int weight() {
        return OWN_BYTES + runs.size() * RUN_BYTES;
    }

    /** What it would weigh after {@link #forgetSettled()}. */
    int weightUnsettled() {
        int kept = 0;
        for (Run run : runs) {
            if (run.number() + run.count() > settledBelow) {
                kept++;
            }
        }
        return OWN_BYTES + kept * RUN_BYTES;
    }

    private void forgetThrough(long number) {
        Run oldest = runs.peekFirst();
        while (oldest != null && oldest.number() + oldest.count() - 1 <= number) {
            runs.removeFirst();
            oldest = runs.peekFirst();
        }
    }
}
