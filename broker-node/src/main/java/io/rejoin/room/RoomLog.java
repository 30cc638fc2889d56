package io.rejoin.room;

import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rooms' replicated logs, as a node sees them.
 *
 * <p>Laws:
 *
 * <ol>
 *   <li>A settled append, whatever its outcomes, and a barrier's answer are in the memory of the required number of nodes before
 *       the future succeeds.
 *   <li>A failed future means <em>unknown</em>: it may have happened, may still happen, or not. Repeating the same call is safe,
 *       because numbers decide, not calls. Only {@link LogFullException} means that nothing happened.
 *   <li>{@link #join} and {@link #history} are barriers: what they tell is acknowledged, and the owner that answered is no zombie.
 *       They fail rather than tell less. {@link #renew} is none: what it tells is a hint that a barrier has to confirm.
 *   <li>{@link #fill} is no barrier: it tells only what lies between two points that the caller knows to be acknowledged, and
 *       nothing when the log that answers does not hold both.
 *   <li>Every append after a {@code join} by a node names that node as interested, until it withdraws or its lease runs out.
 *   <li>Every answer is bounded in count and bytes.
 *   <li>Methods return at once and may be called from an event loop; futures complete on the caller's loop.
 * </ol>
 */
public interface RoomLog {

    /**
     * Settles a batch in order.
     *
     * @param room created when it is not there
     * @param batch not empty; at most the appender's batch bounds
     */
    Future<AppendResult> append(RoomId room, List<Draft> batch);

    /**
     * Registers a node's interest and tells where members start.
     *
     * @param room created when it is not there, or {@link LogFullException} told when there is no memory for it
     * @param node whose interest
     * @param queries where members want to start; may be empty
     */
    Future<JoinView> join(RoomId room, NodeId node, List<JoinQuery> queries);

    /**
     * Renews a node's interest in many rooms, registering what is missing, and tells where their heads seem to be.
     *
     * @param rooms the rooms in which the node has members
     * @param node whose interest
     * @param heads called per room that answered, on the caller's loop; rooms that do not answer are left out
     */
    void renew(Collection<RoomId> rooms, NodeId node, HeadListener heads);

    /**
     * Ends a node's interest; a lost call costs relays until the lease runs out.
     *
     * @return succeeds when the room knows
     */
    Future<Void> withdraw(RoomId room, NodeId node);

    /**
     * Reads a page of the retained log.
     *
     * @param after the page follows it; {@code null} for the newest
     * @param limit most publications, 1 and above
     */
    Future<HistoryView> history(RoomId room, @Nullable Position after, int limit);

    /**
     * Reads what lies between two acknowledged points.
     *
     * @param after the first publication returned follows it
     * @param upTo nothing beyond it is returned
     * @param maxBytes bound of the answer; at least one publication is returned when there is one
     * @param latest leaves out what is superseded by a newer value of its key between the two points
     * @return ascending publications, contiguous unless some were left out; empty when the log that answered does not hold both points or no longer retains what follows
     *     {@code after}: ask a barrier then
     */
    Future<Optional<List<Publication>>> fill(RoomId room, Position after, Position upTo, int maxBytes, boolean latest);

    /** Nodes that have members in the room, as the owner sees it now; no barrier. */
    Future<Set<NodeId>> interested(RoomId room);

    /** Takes the hints that a renewal found. */
    @FunctionalInterface
    interface HeadListener {
        /** Where the room's head seems to be; {@link Position#START} when the room is not there. */
        void onHead(RoomId room, Position head);
    }
}
