package io.rejoin.room;

import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import java.util.Comparator;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Messages between the nodes of the simulated cluster, any of which may be late, lost, repeated or overtaken.
 *
 * <p>Mirrors {@code cluster.NodeBus}: the own node is told directly, nodes that are not seen get nothing, and over the bound of bytes in
 * flight, which is chance here, only the position is sent.
 */
final class SimulatedBus implements Relay {

    private static final int[] DELAYS_MS = {1, 1, 1, 1, 1, 1, 2, 4, 9, 25, 70, 220};
    private static final int FATES = 20;

    private final SimulatedCluster cluster;
    private final SimulatedNode node;
    private final Choices choices;
    private final BooleanSupplier faulty;

    SimulatedBus(SimulatedCluster cluster, SimulatedNode node, Choices choices, BooleanSupplier faulty) {
        this.cluster = cluster;
        this.node = node;
        this.choices = choices;
        this.faulty = faulty;
    }

    @Override
    public void relay(RelayBatch batch, Set<NodeId> nodes) {
        toEach(nodes, to -> {
            if (to != node && faulty.getAsBoolean() && choices.oneIn(FATES)) {
                cluster.count("bell instead of a batch");
                send(to, () -> to.rooms().ring(batch.room(), batch.last()));
            } else {
                send(to, () -> to.rooms().deliver(batch));
            }
        });
    }

    @Override
    public void ring(RoomId room, Position head, Set<NodeId> nodes) {
        toEach(nodes, to -> send(to, () -> to.rooms().ring(room, head)));
    }

    @Override
    public void relayEphemeral(RoomId room, Publication publication, Set<NodeId> nodes) {
        toEach(nodes, to -> send(to, () -> to.rooms().deliverEphemeral(room, publication)));
    }

    /** Tells a node that a newer connection owns a session. */
    void sendTakeover(SessionId session, NodeId to, long newGeneration) {
        toEach(Set.of(to), other -> send(other, () -> other.sessions().onTakeover(session, newGeneration)));
    }

    private void toEach(Set<NodeId> nodes, Consumer<SimulatedNode> action) {
        node.view().stream()
                .filter(other -> nodes.contains(other.nodeId()))
                .sorted(Comparator.comparingInt(SimulatedNode::age))
                .forEach(action);
    }

    private void send(SimulatedNode to, Runnable delivery) {
        if (to == node) {
            delivery.run();
            return;
        }
        if (cluster.isCut(node, to)) {
            cluster.count("bus message lost");
            return;
        }
        int fate = faulty.getAsBoolean() ? choices.pick(FATES) : 0;
        if (fate == FATES - 1) {
            cluster.count("bus message lost");
            return;
        }
        if (fate == FATES - 2) {
            cluster.count("bus message repeated");
            later(to, delivery);
        }
        later(to, delivery);
    }

    private void later(SimulatedNode to, Runnable delivery) {
        long delay = faulty.getAsBoolean() ? DELAYS_MS[choices.pick(DELAYS_MS.length)] : 1;
        cluster.scheduler().after(delay, () -> {
            if (to.isAlive()) {
                delivery.run();
            }
        });
    }
}
