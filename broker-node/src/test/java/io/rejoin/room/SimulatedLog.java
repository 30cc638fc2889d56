package io.rejoin.room;

import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rooms' logs as one node of the simulated cluster sees them: the same records, plans and changes as in production, in the order of
 * {@code cluster.RoomBarrier}, {@code AppendProcessor}, {@code JoinProcessor}, {@code ApplyProcessor} and {@code HazelcastRoomLog}.
 */
final class SimulatedLog implements RoomLog {

    private static final int PAGE_BYTES = 128 << 10;

    private final SimulatedCluster cluster;
    private final SimulatedNode node;
    private final Function<RoomId, Truth> truths;

    SimulatedLog(SimulatedCluster cluster, SimulatedNode node, Function<RoomId, Truth> truths) {
        this.cluster = cluster;
        this.node = node;
        this.truths = truths;
    }

    /** Computes an answer on the owner. */
    private interface Operation<T> {
        SimulatedCall.Answer<T> run(SimulatedNode owner, SimulatedStore store);
    }

    private <T> Future<T> call(String what, Operation<T> operation) {
        cluster.count("log call " + what);
        return new SimulatedCall<T>(cluster, node, 0, owner -> operation.run(owner, owner.store(0)))
                .untilOneLeaves()
                .start();
    }

    @Override
    public Future<AppendResult> append(RoomId room, List<Draft> batch) {
        List<Draft> asSent = List.copyOf(batch);
        return call("append", (owner, store) -> append(owner, store, room, asSent));
    }

    private SimulatedCall.Answer<AppendResult> append(
            SimulatedNode owner, SimulatedStore store, RoomId room, List<Draft> batch) {
        if (!owner.isInSync(0)) {
            cluster.count("not in sync");
            return new SimulatedCall.Answer<>(new AppendResult.NotInSync(), null);
        }
        RoomRecord known = store.room(room);
        RoomRecord.Plan plan = RoomRecord.plan(known, batch, owner.moment(), cluster.limits());
        Taken before = store.end(room);
        Taken end = before;
        for (int i = 0; i < batch.size(); i++) {
            if (plan.outcomes().get(i) instanceof DraftOutcome.Applied applied) {
                end = truths.apply(room).take(end, batch.get(i), applied.position());
            } else if (plan.outcomes().get(i) instanceof DraftOutcome.Duplicate) {
                cluster.count("repeat of a publish");
            }
        }
        if (end == null) {
            end = truths.apply(room).begin(plan.change().term());
        }
        RoomRecord record = store.apply(owner, room, plan.change(), before, end);
        AppendResult.Settled settled = new AppendResult.Settled(
                plan.before(),
                plan.change().term(),
                plan.change().timeMs(),
                plan.outcomes(),
                record.interested(owner.tick()));
        if (Plant.is(Plant.FAN_OUT_BEFORE_ACK)) {
            relayEarly(owner, room, batch, settled);
        }
        return new SimulatedCall.Answer<>(settled, backup(room, plan.change(), before, end));
    }

    private static void relayEarly(SimulatedNode owner, RoomId room, List<Draft> batch, AppendResult.Settled settled) {
        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            Draft draft = batch.get(i);
            if (settled.outcomes().get(i) instanceof DraftOutcome.Applied applied && applied.position() != null) {
                publications.add(new Publication(
                        applied.position().offset(),
                        settled.epoch(),
                        settled.timeMs(),
                        draft.data(),
                        draft.key(),
                        draft.user(),
                        draft.publisher(),
                        draft.number()));
            }
        }
        if (!publications.isEmpty()) {
            owner.relay().relay(new RelayBatch(room, settled.before(), publications), settled.interested());
        }
    }

    private static BiConsumer<SimulatedNode, SimulatedStore> backup(
            RoomId room, RoomChange change, @Nullable Taken before, Taken end) {
        return (copy, store) -> {
            RoomChange told = Plant.is(Plant.NO_LOG_MATCHING) ? fitting(change, store.room(room)) : change;
            store.apply(copy, room, told, before, end);
        };
    }

    /** The same change, made to follow whatever a copy holds. */
    private static RoomChange fitting(RoomChange change, @Nullable RoomRecord record) {
        if (record == null || change.isCompareOnly()) {
            return record == null ? change : RoomChange.compareOnly(record);
        }
        return new RoomChange(
                record.term(),
                record.version(),
                change.owner(),
                change.term(),
                change.timeMs(),
                change.taken(),
                change.retainFrom(),
                change.forgetSettled(),
                change.forgotten(),
                change.electorate());
    }

    /** A barrier that changes nothing, but for creating what is not there. */
    private <T> SimulatedCall.Answer<T> barrier(
            SimulatedNode owner, SimulatedStore store, RoomId room, Function<RoomRecord, T> answer) {
        if (!owner.isInSync(0)) {
            cluster.count("not in sync");
            throw new IllegalStateException("too few copies or no majority");
        }
        RoomRecord known = store.room(room);
        RoomChange change = known == null ? RoomRecord.planCreation(owner.moment()) : RoomChange.compareOnly(known);
        Taken before = store.end(room);
        Taken end = before == null ? truths.apply(room).begin(change.term()) : before;
        RoomRecord record = store.apply(owner, room, change, before, end);
        return new SimulatedCall.Answer<>(answer.apply(record), backup(room, change, before, end));
    }

    @Override
    public Future<JoinView> join(RoomId room, NodeId who, List<JoinQuery> queries) {
        return call(
                "join",
                (owner, store) -> barrier(owner, store, room, record -> {
                    if (!Plant.is(Plant.INTEREST_LOST)) {
                        record.lease(who, owner.tick(), cluster.limits());
                    }
                    return new JoinView(
                            record.head(),
                            queries.stream()
                                    .map(query -> record.start(query, owner.millis(), cluster.limits()))
                                    .toList());
                }));
    }

    @Override
    public Future<HistoryView> history(RoomId room, @Nullable Position after, int limit) {
        return call(
                "history",
                (owner, store) -> barrier(
                        owner,
                        store,
                        room,
                        record -> record.page(after, limit, PAGE_BYTES, owner.millis(), cluster.limits())));
    }

    @Override
    public void renew(Collection<RoomId> rooms, NodeId who, HeadListener heads) {
        TreeSet<String> names = new TreeSet<>();
        rooms.forEach(room -> names.add(room.name()));
        cluster.count("log call renew");
        new SimulatedCall<TreeMap<String, Position>>(cluster, node, 0, owner -> {
                    SimulatedStore store = owner.store(0);
                    TreeMap<String, Position> found = new TreeMap<>();
                    for (String name : names) {
                        RoomRecord record = store.room(new RoomId(name));
                        if (record != null) {
                            record.lease(who, owner.tick(), cluster.limits());
                        }
                        found.put(name, record == null ? Position.START : record.head());
                    }
                    return new SimulatedCall.Answer<>(found, null);
                })
                .start()
                .onSuccess(found -> found.forEach((name, head) -> heads.onHead(new RoomId(name), head)));
    }

    @Override
    public Future<Void> withdraw(RoomId room, NodeId who) {
        return call("withdraw", (owner, store) -> {
            RoomRecord record = store.room(room);
            if (record != null) {
                record.withdraw(who);
            }
            return new SimulatedCall.Answer<>(null, null);
        });
    }

    @Override
    public Future<Optional<List<Publication>>> fill(
            RoomId room, Position after, Position upTo, int maxBytes, boolean latest) {
        return call("fill", (owner, store) -> {
            RoomRecord record = store.room(room);
            return new SimulatedCall.Answer<>(
                    record == null ? Optional.empty() : record.between(after, upTo, maxBytes, latest), null);
        });
    }

    @Override
    public Future<Set<NodeId>> interested(RoomId room) {
        return call("interested", (owner, store) -> {
            RoomRecord record = store.room(room);
            return new SimulatedCall.Answer<>(record == null ? Set.of() : record.interested(owner.tick()), null);
        });
    }
}
