package io.rejoin.chaos.workload;

import io.rejoin.chaos.history.Op;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Knows the heads that acks have shown, and which rooms acknowledged a publish that was first sent after a mark.
 *
 * <p>Such an ack proves that the room has its copies again: the owner counts live copies before it appends, and a copy answers only
 * when its log ended where the owner's did.
 *
 * <p>Threading: thread-safe.
 */
public final class AckWatch {

    private final Map<String, Long> heads = new HashMap<>();
    private final Set<String> sentSince = new HashSet<>();
    private final Set<String> acknowledgedSince = new HashSet<>();

    /** Takes the next operation. */
    public synchronized void accept(Op op) {
        if (op instanceof Op.Send o && !o.again()) {
            sentSince.add(o.value());
        } else if (op instanceof Op.Ack o) {
            heads.merge(o.room(), o.point().offset(), Math::max);
            notifyAll();
            if (sentSince.remove(o.value())) {
                acknowledgedSince.add(o.room());
            }
        }
    }

    /** From here on. */
    public synchronized void mark() {
        sentSince.clear();
        acknowledgedSince.clear();
    }

    /**
     * Waits until a room acknowledges another publish.
     *
     * @return whether it did in time
     */
    public synchronized boolean awaitAck(String room, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        long seen = heads.getOrDefault(room, 0L);
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            try {
                wait(Math.max(1, left / 1_000_000));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while waiting for an ack of " + room, e);
            }
            if (heads.getOrDefault(room, 0L) > seen) {
                return true;
            }
        }
        return false;
    }

    /** Rooms that acknowledged, since the mark, a publish that was first sent since the mark. */
    public synchronized Set<String> acknowledged() {
        return Set.copyOf(acknowledgedSince);
    }

    /** The highest acknowledged offsets by room. */
    public synchronized Map<String, Long> heads() {
        return Map.copyOf(heads);
    }
}
