package io.rejoin.room;

import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.util.Set;

/**
 * Tells other nodes what a room took.
 *
 * <p>Laws: (1) best effort: every message may be lost, repeated or overtaken, and receivers repair from the log; (2) bytes in
 * flight per node are bounded, beyond the bound only the batch's last position is sent; (3) the own node is a node like any other;
 * (4) returns at once.
 *
 * <p>Threading: called on any event loop.
 */
public interface Relay {

    /** Sends a settled batch. */
    void relay(RelayBatch batch, Set<NodeId> nodes);

    /**
     * Sends only the word that a room's log reached a position.
     *
     * @param head acknowledged
     */
    void ring(RoomId room, Position head, Set<NodeId> nodes);

    /** Sends an ephemeral publication. */
    void relayEphemeral(RoomId room, Publication publication, Set<NodeId> nodes);
}
