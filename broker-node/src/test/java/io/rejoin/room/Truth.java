package io.rejoin.room;

import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything that any owner ever took into one room, histories that died included.
 *
 * <p>Threading: that of the test.
 */
final class Truth {

    private final Map<Position, Taken> taken = new HashMap<>();
    private final int minInSync;
    private final Predicate<List<SimulatedNode>> areLost;

    /**
     * Begins with nothing.
     *
     * @param areLost whether too many of these were lost at once
     */
    Truth(int minInSync, Predicate<List<SimulatedNode>> areLost) {
        this.minInSync = minInSync;
        this.areLost = areLost;
    }

    /** A log begins under a term. */
    Taken begin(Epoch term) {
        return add(new Taken(null, new Position(term, 0), null));
    }

    /** An owner took a draft behind what it had; a number that is given up takes no place. */
    @Nullable
    Taken take(@Nullable Taken end, Draft draft, @Nullable Position position) {
        if (position == null) {
            return end;
        }
        Taken before = end == null ? begin(position.epoch()) : end;
        if (position.offset() != before.position().offset() + 1) {
            throw new Violation("places follow each other", position + " was given out after " + before);
        }
        return add(new Taken(before, position, draft));
    }

    private Taken add(Taken added) {
        Taken earlier = taken.put(added.position(), added);
        if (earlier != null) {
            throw new Violation("a place has one value", added + " where there was " + earlier);
        }
        return added;
    }

    /** What was taken at a place; a term covers the place before its first publication, too. */
    private @Nullable Taken at(Position position) {
        Taken found = taken.get(position);
        Taken first = found != null ? null : taken.get(new Position(position.epoch(), position.offset() + 1));
        return first == null ? found : first.before();
    }

    /**
     * What was taken at a place that a client was told of.
     *
     * @param told in which frame, for messages
     */
    Taken acknowledgedAt(Position position, String told) {
        Taken found = at(position);
        if (found == null) {
            throw new Violation("nothing is made up", told + ": no owner took anything at " + position);
        }
        if (found.holders().size() < minInSync) {
            throw new Violation(
                    "what clients are told is in min-in-sync copies",
                    told + ": " + found + " was only ever held by " + found.holders());
        }
        return found;
    }

    /** Whether it may be gone: it was in enough copies, and all of them are lost, or too many at once. */
    boolean mayBeLost(Position position) {
        Taken found = at(position);
        return found != null
                && found.holders().size() >= minInSync
                && (found.isWithoutHolder() || areLost.test(found.lastHolders()));
    }
}
