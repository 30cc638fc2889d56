package io.rejoin.room;

import io.rejoin.value.Position;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One publication that an owner took, and what it followed: the truth that clients and copies are judged by. Forks that die stay.
 *
 * <p>Threading: that of the test.
 */
final class Taken {

    private final @Nullable Taken before;
    private final Position position;
    private final @Nullable Draft draft;
    private final Set<SimulatedNode> holders = new LinkedHashSet<>();
    private final Set<SimulatedNode> released = new LinkedHashSet<>();
    private boolean isLetGo;

    /** The beginning of a log has no draft. */
    Taken(@Nullable Taken before, Position position, @Nullable Draft draft) {
        this.before = before;
        this.position = position;
        this.draft = draft;
    }

    @Nullable
    Taken before() {
        return before;
    }

    Position position() {
        return position;
    }

    @Nullable
    Draft draft() {
        return draft;
    }

    /** Whether a log that ends there has it. */
    boolean isWithin(Taken end) {
        Taken next = end;
        while (next != null && next != this) {
            next = next.before;
        }
        return next == this;
    }

    /** A merge kept a log that ends elsewhere: nobody may ever have been told of what only this one has. */
    void letGoFor(Taken kept) {
        for (Taken next = this; next != null && !next.isWithin(kept); next = next.before) {
            next.isLetGo = true;
        }
    }

    /** A node has it, and all before it, in its memory now. */
    void heldBy(SimulatedNode node) {
        for (Taken next = this; next != null; next = next.before) {
            boolean wasReleased = next.released.remove(node);
            if (!next.holders.add(node) && !wasReleased) {
                // Whoever has one has all before it.
                return;
            }
        }
    }

    /** A node gave its copy away in good order. */
    void releasedBy(SimulatedNode node) {
        for (Taken next = this; next != null; next = next.before) {
            next.released.add(node);
        }
    }

    /** Whether no node is left that has it, and none let it go while another log was kept. */
    boolean isWithoutHolder() {
        return !isLetGo && holders.stream().allMatch(node -> node.isGone() || released.contains(node));
    }

    /** Nodes that have it, or had it until they were lost: those that gave it away in good order are left out. */
    List<SimulatedNode> lastHolders() {
        return holders.stream().filter(node -> !released.contains(node)).toList();
    }

    /** Nodes that ever had it in their memory. */
    Set<SimulatedNode> holders() {
        return holders;
    }

    @Override
    public String toString() {
        return position + (draft == null ? "" : "=" + draft.session().value() + ":" + draft.number());
    }
}
