package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomRecord;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settles a batch: decides first, changes last, and carries the outcome to the copies. */
final class AppendProcessor extends RoomBarrier {

    private List<Draft> batch;

    AppendProcessor() {
        this(List.of());
    }

    AppendProcessor(List<Draft> batch) {
        this.batch = batch;
    }

    @Override
    byte[] answer(Map.Entry<String, RoomEntry> entry) {
        RoomLogContext context = context();
        RoomRecord known = logOf(entry);
        LogLimits limits = context.limits(entry.getKey());
        if (known != null && context.budget().isFull()) {
            limits = limits.notBeyond(known);
        }
        RoomRecord.Plan plan = RoomRecord.plan(known, batch, context.now(member()), limits);
        RoomRecord log = settle(entry, plan.change());
        AppendResult.Settled settled = new AppendResult.Settled(
                plan.before(),
                plan.change().term(),
                plan.change().timeMs(),
                plan.outcomes(),
                log.interested(context.ticker().millis()));
        return bytes(out -> RoomBinary.write(out, settled));
    }

    @Override
    boolean isPossibleWhenFull(@Nullable RoomRecord log) {
        return log != null && log.canMakeRoomFor(batch, !context().budget().isExhausted());
    }

    @Override
    public int getClassId() {
        return RoomSerializers.APPEND;
    }

    @Override
    void write(ObjectDataOutput out) throws IOException {
        RoomBinary.writeDrafts(out, batch);
    }

    @Override
    void read(ObjectDataInput in) throws IOException {
        batch = RoomBinary.readDrafts(in);
    }
}
