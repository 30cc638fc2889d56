package io.rejoin.room;

import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import java.util.List;
import java.util.Set;

/**
 * What the log made of a batch.
 *
 * <p>Threading: immutable.
 */
public sealed interface AppendResult {

    /**
     * The batch is settled on the required number of nodes.
     *
     * @param before the log's head before the batch
     * @param epoch term of what was appended
     * @param timeMs time of what was appended
     * @param outcomes one per draft, in order
     * @param interested nodes that have members in the room
     */
    record Settled(Position before, Epoch epoch, long timeMs, List<DraftOutcome> outcomes, Set<NodeId> interested)
            implements AppendResult {}

    /** The logs of the room's owner may not grow, and this one holds too little to make room: nothing changed. */
    record Full() implements AppendResult {}

    /** Too few copies or no majority: nothing changed; try again. */
    record NotInSync() implements AppendResult {}
}
