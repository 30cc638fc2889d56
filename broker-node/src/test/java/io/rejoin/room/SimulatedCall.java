package io.rejoin.room;

import io.rejoin.testing.ManualScheduler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One operation on a partition, as Hazelcast invokes it: sent to whom the caller takes for the owner, sent again when that one says it is
 * not, settled when the owner and every copy that it sent to have answered, and of unknown outcome otherwise.
 *
 * <p>Mirrors {@code IMap.submitToKey} with {@code hazelcast.operation.fail.on.indeterminate.state}, and the hop back to the caller's loop
 * ({@code cluster.HazelcastFutures}).
 */
final class SimulatedCall<T> {

    private static final long BACKUP_TIMEOUT_MS = 1_500;
    private static final long CALL_TIMEOUT_MS = 20_000;
    private static final long GIVE_UP_MS = 10_000;

    private final SimulatedCluster cluster;
    private final SimulatedNode caller;
    private final int partition;
    private final Function<SimulatedNode, Answer<T>> operation;
    private final Promise<T> promise = Promise.promise();
    private final ManualScheduler.@Nullable Loop loop;
    private final long since;
    private boolean canBeGivenUp;
    private boolean isGated = true;
    private @Nullable SimulatedNode target;
    private int attempt;
    private boolean done;
    private boolean answered;
    private @Nullable T value;
    private int awaited;
    private int acks;

    /**
     * What an operation came to on the owner.
     *
     * @param backup what copies do with it; null when nothing goes to them
     */
    record Answer<T>(@Nullable T value, @Nullable BiConsumer<SimulatedNode, SimulatedStore> backup) {}

    SimulatedCall(
            SimulatedCluster cluster,
            SimulatedNode caller,
            int partition,
            Function<SimulatedNode, Answer<T>> operation) {
        this.cluster = cluster;
        this.caller = caller;
        this.partition = partition;
        this.operation = operation;
        this.loop = cluster.scheduler().current();
        this.since = cluster.now();
    }

    /** The same, and given up when a member leaves. */
    SimulatedCall<T> untilOneLeaves() {
        canBeGivenUp = true;
        return this;
    }

    /** The same, and without the gate: one of Hazelcast's own. */
    SimulatedCall<T> ungated() {
        isGated = false;
        return this;
    }

    Future<T> start() {
        caller.calls().add(this);
        attempt();
        cluster.scheduler().after(cluster.hurry() ? 1 : CALL_TIMEOUT_MS, () -> onCaller(() -> fail("no answer")));
        return promise.future();
    }

    private void attempt() {
        SimulatedNode owner = caller.table().owner(partition);
        attempt++;
        acks = 0;
        answered = false;
        if (owner == null || !caller.view().contains(owner)) {
            target = null;
            tryAgain();
            return;
        }
        target = owner;
        int mine = attempt;
        cluster.send(caller, owner, () -> owner.partitionLoop().execute(() -> runAt(owner, mine)));
    }

    private void tryAgain() {
        if (cluster.now() - since > GIVE_UP_MS) {
            fail("no owner");
            return;
        }
        int mine = attempt;
        cluster.scheduler()
                .after(
                        20 + 10L * Math.min(20, attempt),
                        () -> onCaller(() -> {
                            if (!done && mine == attempt) {
                                attempt();
                            }
                        }));
    }

    private void runAt(SimulatedNode owner, int mine) {
        boolean isKnown = owner == caller || owner.view().contains(caller);
        if (!isKnown || owner.table().owner(partition) != owner || owner.isMigrating(partition)) {
            reply(owner, mine, this::tryAgain);
            return;
        }
        try {
            Answer<T> answer = operation.apply(owner);
            int sent = answer.backup() == null ? 0 : sendToCopies(owner, answer.backup(), mine);
            reply(owner, mine, () -> onAnswer(answer.value(), sent));
        } catch (IllegalStateException refused) {
            reply(owner, mine, () -> fail(refused.getMessage()));
        }
    }

    /** Copies that are not there, or not seen, are left out without a word, as Hazelcast does; so the gate is asked once more. */
    private int sendToCopies(SimulatedNode owner, BiConsumer<SimulatedNode, SimulatedStore> backup, int mine) {
        cluster.letOtherThreadsRun(owner);
        if (isGated && !owner.isInSync(partition)) {
            throw new IllegalStateException("lost its copies or the majority meanwhile");
        }
        SimulatedStore store = owner.store(partition);
        store.version(store.version() + 1);
        long version = store.version();
        int sent = 0;
        SimulatedNode[] slots = owner.table().slots(partition);
        for (int i = 1; i < owner.asked(partition); i++) {
            SimulatedNode copy = slots[i];
            int index = i;
            if (copy != null && copy != owner && owner.view().contains(copy)) {
                sent++;
                cluster.send(
                        owner,
                        copy,
                        () -> copy.partitionLoop().execute(() -> {
                            if (copy.onBackup(partition, index, version, backup)) {
                                cluster.send(copy, caller, () -> onCaller(() -> onAnswer(mine)));
                            }
                        }));
            }
        }
        return sent;
    }

    private void reply(SimulatedNode owner, int mine, Runnable answer) {
        cluster.send(
                owner,
                caller,
                () -> onCaller(() -> {
                    if (!done && mine == attempt) {
                        answer.run();
                    }
                }));
    }

    private void onCaller(Runnable task) {
        if (!done) {
            caller.clusterLoop().execute(() -> {
                if (!done) {
                    task.run();
                }
            });
        }
    }

    private void onAnswer(int mine) {
        if (mine == attempt) {
            acks++;
            settleWhenComplete();
        }
    }

    private void onAnswer(@Nullable T told, int sent) {
        answered = true;
        value = told;
        awaited = Plant.is(Plant.COPIES_0) ? 0 : sent;
        int mine = attempt;
        settleWhenComplete();
        if (!done) {
            cluster.scheduler()
                    .after(
                            BACKUP_TIMEOUT_MS,
                            () -> onCaller(() -> {
                                if (mine == attempt) {
                                    onUnknown("copies did not answer");
                                }
                            }));
        }
    }

    private void onUnknown(String why) {
        if (Plant.is(Plant.INDETERMINATE_AS_SUCCESS) && answered) {
            awaited = 0;
            settleWhenComplete();
        } else {
            cluster.count("call of unknown outcome");
            fail(why);
        }
    }

    /** The node gives up whatever may wait for one that left, as {@code cluster.CallsInFlight} does. */
    void giveUp() {
        if (canBeGivenUp && !done) {
            cluster.count("call given up");
            fail("a member left");
        }
    }

    /** The caller sees a node no longer. */
    void onLeft(SimulatedNode left) {
        if (!done && !answered && left == target) {
            if (Plant.is(Plant.INDETERMINATE_AS_SUCCESS)) {
                tryAgain();
            } else {
                onUnknown(left + " left");
            }
        }
    }

    private void settleWhenComplete() {
        if (answered && acks >= awaited && !done) {
            end();
            T told = value;
            tell(() -> promise.complete(told));
        }
    }

    private void fail(String why) {
        if (!done) {
            end();
            tell(() -> promise.fail(new IllegalStateException(why)));
        }
    }

    private void end() {
        done = true;
        caller.calls().remove(this);
    }

    private void tell(Runnable answer) {
        if (loop == null) {
            answer.run();
        } else {
            loop.execute(answer);
        }
    }
}
