package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import io.rejoin.flow.LogBudget;
import io.rejoin.room.RoomChange;
import io.rejoin.room.RoomRecord;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An operation whose answer is true for the cluster, not only for the member that ran it.
 *
 * <p>It passes the in-sync gate first, and whatever it answers is compared or applied on the copies, which withhold their
 * acknowledgement when they hold something else. So an owner that was removed, and one whose copies missed something, cannot answer.
 */
abstract sealed class RoomBarrier extends RoomProcessor permits AppendProcessor, JoinProcessor, HistoryProcessor {

    /** The whole result when the gate is shut. */
    private static final byte[] NOT_IN_SYNC = new byte[0];

    /** The whole result when the logs may not grow; no other one is of a single byte. */
    private static final byte[] FULL = new byte[1];

    private transient @Nullable Settled settled;

    /** What became of a room. */
    private record Settled(String room, RoomChange change) {}

    /** Whether a result says that the gate was shut: nothing changed then. */
    static boolean isNotInSync(byte[] result) {
        return result.length == 0;
    }

    /** Whether a result says that the logs may not grow: nothing changed then. */
    static boolean isFull(byte[] result) {
        return result.length == 1;
    }

    @Override
    public final byte[] process(Map.Entry<String, RoomEntry> entry) {
        settled = null;
        if (!isInSync(entry.getKey())) {
            return NOT_IN_SYNC;
        }
        LogBudget budget = context().budget();
        if (budget.isFull() && !isPossibleWhenFull(logOf(entry))) {
            budget.refuse();
            return FULL;
        }
        return answer(entry);
    }

    /** Whether it needs no memory beyond that of the log that is there. */
    boolean isPossibleWhenFull(@Nullable RoomRecord log) {
        return log != null;
    }

    /** Settles on a change and writes the answer; has to call {@link #settle}. */
    abstract byte[] answer(Map.Entry<String, RoomEntry> entry);

    /** Applies a change here, and lets it go to the copies. */
    final RoomRecord settle(Map.Entry<String, RoomEntry> entry, RoomChange change) {
        RoomLogContext context = context();
        RoomEntry value = entry.getValue();
        long before = value == null ? 0 : value.log().weight();
        RoomRecord log = RoomRecord.apply(
                value == null ? null : value.log(), change, context.ticker().millis(), context.sharedLimits());
        context.budget().add(log.weight() - before);
        if (!change.isCompareOnly()) {
            entry.setValue(value == null ? new RoomEntry(context.ticker(), log) : value);
        }
        settled = new Settled(entry.getKey(), change);
        return log;
    }

    /** The log, created when it is not there; copies create it too, or only compare. */
    final RoomRecord settleUnchanged(Map.Entry<String, RoomEntry> entry) {
        RoomRecord log = logOf(entry);
        return settle(
                entry, log == null ? RoomRecord.planCreation(context().now(member())) : RoomChange.compareOnly(log));
    }

    /**
     * Asked right before Hazelcast sends to the copies that it sees then: a gate that was shut in between would leave some out silently.
     *
     * @throws IllegalStateException when the gate is shut now; the outcome is unknown then
     */
    @Override
    public final @Nullable EntryProcessor<String, RoomEntry, byte[]> getBackupProcessor() {
        if (settled == null) {
            return null;
        }
        if (!isInSync(settled.room())) {
            throw new IllegalStateException("room=" + settled.room() + " lost its copies or the majority meanwhile");
        }
        return new ApplyProcessor(settled.change());
    }
}
