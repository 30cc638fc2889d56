package io.rejoin.room;

import io.rejoin.flow.TailBudget;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.List;
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

    private record Entry(Epoch epoch, EncodedFrame frame) {}

    /**
     * Frames that follow a cursor.
     *
     * @param frames in order; empty when the cursor is at the head, or behind the tail
     * @param end the cursor after them
     * @param behind whether the tail no longer holds what follows the cursor
     */
    record Slice(List<EncodedFrame> frames, Position end, boolean behind) {}

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
        return count == 0 ? base : new Position(entry(headOffset()).epoch(), headOffset());
    }

    synchronized int bytes() {
        return bytes;
    }

    /**
     * Appends the frame that follows the newest one.
     *
     * @param position its offset is one above the head's
     * @param frame kept by reference
     * @return whether it followed; otherwise the tail is unchanged
     */
    boolean append(Position position, EncodedFrame frame) {
        boolean followed = take(position, frame);
        TailBudget shared = budget();
        if (shared != null) {
            shared.trim();
        }
        return followed;
    }

    private synchronized boolean take(Position position, EncodedFrame frame) {
        if (position.offset() != headOffset() + 1) {
            return false;
        }
        if (count == ring.length) {
            grow();
        }
        ring[slot(position.offset())] = new Entry(position.epoch(), frame);
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
        Epoch epoch = offset == base.offset() ? base.epoch() : entry(offset).epoch();
        return epoch.equals(position.epoch());
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
            return new Slice(List.of(), cursor, true);
        }
        List<EncodedFrame> frames = new ArrayList<>();
        int size = 0;
        long offset = cursor.offset();
        Entry last = null;
        while (offset < headOffset()) {
            Entry next = entry(offset + 1);
            size += next.frame().size();
            if (size > most && last != null) {
                break;
            }
            frames.add(next.frame());
            last = next;
            offset++;
        }
        return new Slice(frames, last == null ? cursor : new Position(last.epoch(), offset), false);
    }

    private void clear(Position head) {
        ring = new @Nullable Entry[FIRST_CAPACITY];
        count = 0;
        bytes = 0;
        base = head;
        count();
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
        ring[slot(oldest)] = null;
        bytes -= entry.frame().size();
        base = new Position(entry.epoch(), oldest);
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
