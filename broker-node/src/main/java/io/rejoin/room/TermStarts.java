package io.rejoin.room;

import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.List;

/**
 * The terms of one log and the offset each starts with, oldest first.
 *
 * <p>A term covers the offset before its start up to its end, which is the offset before the next term's start, or the head. The
 * starts outlive trimming, so that an old position can still be placed.
 *
 * <p>Threading: confined to its owner.
 *
 * @see <a href="https://cwiki.apache.org/confluence/x/uYlRB">KIP-101, leader epochs</a>
 */
final class TermStarts {

    /** A start is let go only when nothing of its term is retained and this many newer ones exist. */
    static final int KEPT = 64;

    private final List<Start> starts = new ArrayList<>();

    /** A term and its first offset. */
    record Start(Epoch epoch, long offset) {}

    boolean isEmpty() {
        return starts.isEmpty();
    }

    Epoch current() {
        return starts.get(starts.size() - 1).epoch();
    }

    void add(Epoch epoch, long offset) {
        starts.add(new Start(epoch, offset));
    }

    List<Start> starts() {
        return starts;
    }

    /** Lets go of starts that no retained publication and no recent position needs. */
    void forgetBefore(long oldestRetained) {
        while (starts.size() > KEPT + 1 && starts.get(1).offset() <= oldestRetained) {
            starts.remove(0);
        }
    }

    /** The term that wrote the offset; for an offset before the oldest start, the oldest term. */
    Epoch epochAt(long offset) {
        for (int i = starts.size() - 1; i > 0; i--) {
            if (starts.get(i).offset() <= offset) {
                return starts.get(i).epoch();
            }
        }
        return starts.get(0).epoch();
    }

    /**
     * The last offset that a position shares with this log.
     *
     * @param position what somebody knew
     * @param head the log's head
     * @return the position's own offset when its term covers it; the term's end when the offset lies beyond it; −1 when the term is
     *     unknown or does not reach down to the offset
     */
    long commonWith(Position position, long head) {
        for (int i = starts.size() - 1; i >= 0; i--) {
            Start start = starts.get(i);
            if (start.epoch().equals(position.epoch())) {
                if (position.offset() < start.offset() - 1) {
                    return -1;
                }
                long end = i + 1 < starts.size() ? starts.get(i + 1).offset() - 1 : head;
                return Math.min(position.offset(), end);
            }
        }
        return -1;
    }
}
