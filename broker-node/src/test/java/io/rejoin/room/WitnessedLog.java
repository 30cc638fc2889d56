package io.rejoin.room;

import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A log that tells a witness what it took, also when nobody gets the answer. */
class WitnessedLog implements RoomLog {

    private final RoomLog log;
    private final BiConsumer<Position, Draft> witness;

    WitnessedLog(RoomLog log, BiConsumer<Position, Draft> witness) {
        this.log = log;
        this.witness = witness;
    }

    @Override
    public Future<AppendResult> append(RoomId room, List<Draft> batch) {
        return log.append(room, batch).map(result -> {
            if (result instanceof AppendResult.Settled settled) {
                tell(batch, settled.outcomes());
            }
            return result;
        });
    }

    private void tell(List<Draft> batch, List<DraftOutcome> outcomes) {
        for (int i = 0; i < batch.size(); i++) {
            if (outcomes.get(i) instanceof DraftOutcome.Applied applied && applied.position() != null) {
                witness.accept(applied.position(), batch.get(i));
            }
        }
    }

    @Override
    public Future<JoinView> join(RoomId room, NodeId node, List<JoinQuery> queries) {
        return log.join(room, node, queries);
    }

    @Override
    public void renew(Collection<RoomId> rooms, NodeId node, HeadListener heads) {
        log.renew(rooms, node, heads);
    }

    @Override
    public Future<Void> withdraw(RoomId room, NodeId node) {
        return log.withdraw(room, node);
    }

    @Override
    public Future<HistoryView> history(RoomId room, @Nullable Position after, int limit) {
        return log.history(room, after, limit);
    }

    @Override
    public Future<Optional<List<Publication>>> fill(
            RoomId room, Position after, Position upTo, int maxBytes, boolean latest) {
        return log.fill(room, after, upTo, maxBytes, latest);
    }

    @Override
    public Future<Set<NodeId>> interested(RoomId room) {
        return log.interested(room);
    }
}
