package io.rejoin.testing;

import io.rejoin.room.Publication;
import io.rejoin.room.Relay;
import io.rejoin.room.RelayBatch;
import io.rejoin.room.RoomRegistry;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A relay that keeps what was sent and hands each message to a script, which delivers it once, often, late or never.
 *
 * <p>Threading: that of the test.
 */
public final class RecordingRelay implements Relay {

    private final Map<NodeId, RoomRegistry> nodes = new HashMap<>();
    private final List<RelayBatch> batches = new ArrayList<>();
    private Consumer<Runnable> script = Runnable::run;

    /** Names the registry behind a node. */
    public void connect(NodeId node, RoomRegistry rooms) {
        nodes.put(node, rooms);
    }

    /** Hands every message from now on to a script; running it delivers it. */
    public void follow(Consumer<Runnable> newScript) {
        script = newScript;
    }

    /** Batches sent so far. */
    public List<RelayBatch> batches() {
        return List.copyOf(batches);
    }

    @Override
    public void relay(RelayBatch batch, Set<NodeId> to) {
        batches.add(batch);
        send(to, rooms -> rooms.deliver(batch));
    }

    @Override
    public void ring(RoomId room, Position head, Set<NodeId> to) {
        send(to, rooms -> rooms.ring(room, head));
    }

    @Override
    public void relayEphemeral(RoomId room, Publication publication, Set<NodeId> to) {
        send(to, rooms -> rooms.deliverEphemeral(room, publication));
    }

    private void send(Set<NodeId> to, Consumer<RoomRegistry> message) {
        // In the order of their names, so that the same moves give the same run.
        to.stream().sorted((a, b) -> a.value().compareTo(b.value())).forEach(node -> {
            RoomRegistry rooms = nodes.get(node);
            if (rooms != null) {
                script.accept(() -> message.accept(rooms));
            }
        });
    }
}
