package io.rejoin.room;

import io.rejoin.flow.TailBudget;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Bounded newest part of one room's log as encoded frames, shared by all members on this node.
 *
 * <p>A member that falls behind the oldest frame reads the log instead, so a slow consumer costs a cursor, not a queue.
 *
 * <p>Threading: thread-safe by its own lock; one loop writes, any loop reads. Ordering: offsets are contiguous. Limits: count and
 * bytes; the oldest frames leave first, the newest one never. Failure: {@link #append} refuses what does not follow.
 *
 * @see <a href="docs/protocol.md">FL, delivery</a>
 */
final class RoomTail implements TailBudget.Tail {

    private static final int FIRST_CAPACITY = 16;

    private final int maxFrames;
    private final int maxBytes;
    private Entry[] ring = new Entry[FIRST_CAPACITY];
    private long generation;
    private Position base;
    private int count;
    private int bytes;
    private @Nullable TailBudget budget;
    private int counted;
    private volatile long lastUsed;
    private final Map<String, Long> newestByKey = new HashMap<>();

    private static final class Entry {
        private final Epoch epoch;
        private final @Nullable String key;
        private final EncodedFrame frame;
        /** Offset of the next publication with the same key; 0 while this is the newest. */
        private long supersededAt;

        Entry(Epoch epoch, @Nullable String key, EncodedFrame frame) {
            this.epoch = epoch;
            this.key = key;
            this.frame = frame;
        }
    }

    /**
     * Frames that follow a cursor.
     *
     * @param frames publications and gaps in order; empty when the cursor is at the head, or behind the tail
     * @param publications how many of them are publications
     * @param conflated publications that were left out for newer ones of their keys
     * @param end the cursor after them
     * @param behind whether the tail no longer holds what follows the cursor
     */
    record Slice(List<EncodedFrame> frames, int publications, long conflated, Position end, boolean behind) {

        static Slice empty(Position cursor, boolean behind) {
            return new Slice(List.of(), 0, 0, cursor, behind);
        }
    }

    /** Writes the gap that stands for publications that were left out. */
    @FunctionalInterface
    interface GapEncoder {
        /** A gap of conflated publications {@code from..to}; delivery goes on after {@code position}. */
        EncodedFrame encode(long from, long to, Position position);
    }

    RoomTail(Position head, int maxFrames, int maxBytes) {
        this.base = head;
        this.maxFrames = maxFrames;
        this.maxBytes = maxBytes;
    }

    /** Raised when the history that cursors refer to was replaced. */
    synchronized long generation() {
        return generation;
    }

    synchronized Position head() {
        return count == 0 ? base : new Position(entry(headOffset()).epoch, headOffset());
    }

    /** The head, or {@code null} when the tail follows another history than it did in that generation. */
    synchronized @Nullable Position headIn(long ofGeneration) {
        return ofGeneration == generation ? head() : null;
    }

    synchronized int bytes() {
        return bytes;
    }

    /**
     * Appends the frame that follows the newest one.
     *
     * @param position its offset is one above the head's
     * @param key of the publication
     * @param frame kept by reference
     * @return whether it followed; otherwise the tail is unchanged
     */
    boolean append(Position position, @Nullable String key, EncodedFrame frame) {
        boolean followed = take(position, key, frame);
        TailBudget shared = budget();
        if (shared != null) {
            shared.trim();
        }
        return followed;
    }

    private synchronized boolean take(Position position, @Nullable String key, EncodedFrame frame) {
        if (position.offset() != headOffset() + 1) {
            return false;
        }
        if (count == ring.length) {
            grow();
        }
        if (key != null) {
            Long superseded = newestByKey.put(key, position.offset());
            if (superseded != null) {
                entry(superseded).supersededAt = position.offset();
            }
        }
        ring[slot(position.offset())] = new Entry(position.epoch(), key, frame);
        count++;
        bytes += frame.size();
        while (count > 1 && (count > maxFrames || bytes > maxBytes)) {
            dropOldest();
        }
        used();
        count();
        return true;
    }

    /** Counts its bytes in the node's budget from now on. */
    synchronized void countIn(TailBudget shared) {
        budget = shared;
        shared.register(this);
        count();
    }

    /** Empties the tail, and counts it no longer. */
    synchronized void countOut() {
        clear(head());
        if (budget != null) {
            budget.unregister(this);
            budget = null;
        }
    }

    private synchronized @Nullable TailBudget budget() {
        return budget;
    }

    @Override
    public long lastUsed() {
        return lastUsed;
    }

    /** Cursors stay valid: members whose frames are gone read the log. */
    @Override
    public synchronized void empty(boolean allButNewest) {
        if (!allButNewest) {
            clear(head());
            return;
        }
        while (count > 1) {
            dropOldest();
        }
        count();
    }

    private void used() {
        if (budget != null) {
            lastUsed = budget.now();
        }
    }

    private void count() {
        if (budget != null) {
            budget.add(bytes - counted);
            counted = bytes;
        }
    }

    /** Empties the tail and goes on after a point of the same history: cursors stay valid. */
    synchronized void jump(Position head) {
        clear(head);
    }

    /** Empties the tail and goes on in another history: cursors are checked by whoever holds them. */
    synchronized long replace(Position head) {
        clear(head);
        return ++generation;
    }

    /** Whether this history has the position within the tail's reach. */
    synchronized boolean holds(Position position) {
        long offset = position.offset();
        if (offset < base.offset() || offset > headOffset()) {
            return false;
        }
        return epochAt(offset).equals(position.epoch());
    }

    /** Whether this history has the position, as far as the tail can tell: before its reach the epoch alone decides. */
    synchronized boolean mayHold(Position position) {
        return position.offset() < base.offset() ? position.epoch().equals(base.epoch()) : holds(position);
    }

    /**
     * Reads what follows a cursor.
     *
     * @param cursor a position of the history that the tail had in a generation
     * @param ofGeneration that generation
     * @param most bytes; at least one frame is returned when there is one
     * @return {@code null} when the tail follows another history by now
     */
    synchronized @Nullable Slice after(Position cursor, long ofGeneration, int most) {
        if (ofGeneration != generation) {
            return null;
        }
        used();
        if (cursor.offset() < base.offset()) {
            return Slice.empty(cursor, true);
        }
        List<EncodedFrame> frames = new ArrayList<>();
        int size = 0;
        long offset = cursor.offset();
        Entry last = null;
        while (offset < headOffset()) {
            Entry next = entry(offset + 1);
            size += next.frame.size();
            if (size > most && last != null) {
                break;
            }
            frames.add(next.frame);
            last = next;
            offset++;
        }
        return last == null
                ? Slice.empty(cursor, false)
                : new Slice(frames, frames.size(), 0, new Position(last.epoch, offset), false);
    }

    /**
     * Reads the newest value of each key between a cursor and the end of a round, and what has no key. Values that are superseded only
     * after the round's end are read all the same: else one that changes all the time would never be.
     *
     * @param cursor a position of the history that the tail had in a generation
     * @param ofGeneration that generation
     * @param roundEnd nothing beyond this offset is read
     * @param most bytes; at least one publication is returned when there is one
     * @param gaps writes what stands for the publications left out
     * @return {@code null} when the tail follows another history by now
     */
    synchronized @Nullable Slice latestAfter(
            Position cursor, long ofGeneration, long roundEnd, int most, GapEncoder gaps) {
        if (ofGeneration != generation) {
            return null;
        }
        used();
        if (cursor.offset() < base.offset()) {
            return Slice.empty(cursor, true);
        }
        List<EncodedFrame> frames = new ArrayList<>();
        int size = 0;
        int publications = 0;
        Position end = cursor;
        for (long offset = cursor.offset() + 1; offset <= Math.min(roundEnd, headOffset()); offset++) {
            Entry next = entry(offset);
            if (next.supersededAt > 0 && next.supersededAt <= roundEnd) {
                continue;
            }
            EncodedFrame gap = offset == end.offset() + 1
                    ? null
                    : gaps.encode(end.offset() + 1, offset - 1, new Position(epochAt(offset - 1), offset - 1));
            size += next.frame.size() + (gap == null ? 0 : gap.size());
            if (size > most && publications > 0) {
                break;
            }
            if (gap != null) {
                frames.add(gap);
            }
            frames.add(next.frame);
            publications++;
            end = new Position(next.epoch, offset);
        }
        return new Slice(frames, publications, end.offset() - cursor.offset() - publications, end, false);
    }

    private void clear(Position head) {
        ring = new @Nullable Entry[FIRST_CAPACITY];
        newestByKey.clear();
        count = 0;
        bytes = 0;
        base = head;
        count();
    }

    private Epoch epochAt(long offset) {
        return offset == base.offset() ? base.epoch() : entry(offset).epoch;
    }

    private long headOffset() {
        return base.offset() + count;
    }

    private Entry entry(long offset) {
        return ring[slot(offset)];
    }

    private int slot(long offset) {
        return (int) (offset & (ring.length - 1));
    }

    private void dropOldest() {
        long oldest = base.offset() + 1;
        Entry entry = entry(oldest);
        if (entry.key != null && entry.supersededAt == 0) {
            newestByKey.remove(entry.key);
        }
        ring[slot(oldest)] = null;
        bytes -= entry.frame.size();
        base = new Position(entry.epoch, oldest);
        count--;
    }

    private void grow() {
        Entry[] larger = new Entry[ring.length * 2];
        for (long offset = base.offset() + 1; offset <= headOffset(); offset++) {
            larger[(int) (offset & (larger.length - 1))] = entry(offset);
        }
        ring = larger;
    }
}
