package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Point;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What one client believes to be in one room's log, over all its connections: what it was shown, without what gaps declared void.
 *
 * <p>Threading: one thread. Memory: grows with epochs and holes, not with publications.
 */
final class Knowledge {

    /** Ascending. */
    private final Deque<Known> known = new ArrayDeque<>();

    private long reached;

    /** Offsets under one epoch, each of which the client was shown. */
    record Known(String epoch, long from, long to) {}

    /** The client is shown a point; one that it was shown before is a repeat. */
    void add(Point point) {
        reach(point.offset());
        if (point.offset() <= 0) {
            return;
        }
        Known last = known.peekLast();
        if (last != null && last.epoch.equals(point.epoch()) && point.offset() == last.to + 1) {
            known.removeLast();
            known.addLast(new Known(last.epoch, last.from, point.offset()));
        } else if (!covers(point)) {
            known.addLast(new Known(point.epoch(), point.offset(), point.offset()));
        }
    }

    /** The client goes on behind an offset, without being shown what is before it. */
    void reach(long offset) {
        reached = Math.max(reached, offset);
    }

    /** What the client was shown behind an offset is void. */
    void cut(long offset) {
        reached = Math.min(reached, offset);
        for (Known last = known.peekLast(); last != null && last.to > offset; last = known.peekLast()) {
            known.removeLast();
            if (last.from <= offset) {
                known.addLast(new Known(last.epoch, last.from, offset));
            }
        }
    }

    /** The client starts over. */
    void forget() {
        known.clear();
        reached = 0;
    }

    /** The first point behind an offset that the client was shown; {@code null} when there is none. */
    @Nullable
    Point firstAfter(long offset) {
        for (Known part : known) {
            if (part.to > offset) {
                return new Point(part.epoch, Math.max(part.from, offset + 1));
            }
        }
        return null;
    }

    /** Last offset that the client has or was told not to get. */
    long reached() {
        return reached;
    }

    Iterable<Known> parts() {
        return Collections.unmodifiableCollection(known);
    }

    private boolean covers(Point point) {
        for (Known part : known) {
            if (part.epoch.equals(point.epoch()) && part.from <= point.offset() && point.offset() <= part.to) {
                return true;
            }
        }
        return false;
    }
}
