package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.JoinView;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import io.rejoin.value.NodeId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Registers a node's interest and tells where members start. */
final class JoinProcessor extends RoomBarrier {

    private @Nullable NodeId node;
    private List<JoinQuery> queries;

    JoinProcessor() {
        this.queries = List.of();
    }

    JoinProcessor(NodeId node, List<JoinQuery> queries) {
        this.node = node;
        this.queries = queries;
    }

    @Override
    byte[] answer(Map.Entry<String, RoomEntry> entry) {
        RoomLogContext context = context();
        RoomRecord log = settleUnchanged(entry);
        LogLimits limits = context.limits(entry.getKey());
        log.lease(node(), context.ticker().millis(), limits);
        long timeMs = context.clock().millis();
        JoinView view = new JoinView(
                log.head(),
                queries.stream().map(query -> log.start(query, timeMs, limits)).toList());
        return bytes(out -> RoomBinary.write(out, view));
    }

    private NodeId node() {
        if (node == null) {
            throw new IllegalStateException("processor was not read (expected: read before use)");
        }
        return node;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.JOIN;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        RoomBinary.write(out, node());
        RoomBinary.writeQueries(out, queries);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        node = RoomBinary.readNode(in);
        queries = RoomBinary.readQueries(in);
    }
}
