package io.rejoin.room;

import io.rejoin.session.SessionDirectory;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which connection owns which session, as one node of the simulated cluster sees it.
 *
 * <p>Mirrors {@code cluster.SessionProcessor} with its kinds, {@code SessionEntry} and {@code HazelcastSessionDirectory}. Slowness is never
 * forgotten here.
 */
final class SimulatedDirectory implements SessionDirectory {

    private final SimulatedCluster cluster;
    private final SimulatedNode node;
    private final SimulatedBus bus;
    private final long idleMs;

    /**
     * Opens the directory.
     *
     * @param idleMs a record that nobody claimed or touched for so long is gone
     */
    SimulatedDirectory(SimulatedCluster cluster, SimulatedNode node, SimulatedBus bus, long idleMs) {
        this.cluster = cluster;
        this.node = node;
        this.bus = bus;
        this.idleMs = idleMs;
    }

    /** What becomes of a record. */
    private interface Decision {
        SimulatedStore.@Nullable Session of(SimulatedStore.@Nullable Session known, long now);
    }

    private <T> Future<T> decide(
            SessionId session, Decision decision, Function<SimulatedStore.@Nullable Session, T> answer) {
        return call(session, decision, answer).start();
    }

    private <T> SimulatedCall<T> call(
            SessionId session, Decision decision, Function<SimulatedStore.@Nullable Session, T> answer) {
        return new SimulatedCall<T>(cluster, node, 1, owner -> {
            if (!owner.isInSync(1)) {
                throw new IllegalStateException("too few copies or no majority");
            }
            SimulatedStore.Session known = owner.store(1).sessions().get(session);
            if (known != null && cluster.now() - known.at() > idleMs) {
                known = null;
            }
            SimulatedStore.Session decided = decision.of(known, cluster.now());
            store(owner.store(1), session, decided);
            return new SimulatedCall.Answer<>(answer.apply(decided), (copy, copied) -> store(copied, session, decided));
        });
    }

    private static void store(SimulatedStore store, SessionId session, SimulatedStore.@Nullable Session record) {
        if (record == null) {
            store.sessions().remove(session);
        } else {
            store.sessions().put(session, record);
        }
    }

    private static boolean isSame(Holder one, Holder other) {
        return one.node().equals(other.node()) && one.connection() == other.connection();
    }

    @Override
    public Future<Claim> claim(SessionId session, @Nullable UserId user, NodeId who, long connection, long attempt) {
        Holder claimer = new Holder(who, connection, attempt);
        if (Plant.is(Plant.SESSION_ON_CLOSE)) {
            node.connections().stream()
                    .filter(open -> open.id() == connection)
                    .forEach(open -> open.beforeClose(() -> write(session, claimer)));
            return decide(
                    session,
                    (known, now) -> known,
                    known -> known == null
                            ? new Claim.Owned(Math.max(1, attempt), false, Optional.empty(), 0)
                            : new Claim.Owned(
                                    Math.max(known.holder().generation() + 1, attempt),
                                    true,
                                    Optional.of(known.holder()),
                                    known.slowCloses()));
        }
        return write(session, claimer);
    }

    private Future<Claim> write(SessionId session, Holder claimer) {
        return call(session, (known, now) -> claimed(known, claimer, now), record -> claimOf(record, claimer))
                .untilOneLeaves()
                .start();
    }

    private static SimulatedStore.Session claimed(SimulatedStore.@Nullable Session known, Holder claimer, long now) {
        long attempt = claimer.generation();
        if (known == null) {
            return new SimulatedStore.Session(with(claimer, Math.max(1, attempt)), false, null, 0, 0, now);
        }
        Holder previous = known.previous();
        boolean isOutdated =
                attempt > 0 ? attempt < known.holder().generation() : previous != null && isSame(previous, claimer);
        if (isSame(known.holder(), claimer) || isOutdated) {
            return known;
        }
        long generation = Math.max(known.holder().generation() + 1, attempt);
        return new SimulatedStore.Session(
                with(claimer, generation), true, known.holder(), known.slowCloses(), known.slowGeneration(), now);
    }

    private static Holder with(Holder claimer, long generation) {
        return new Holder(claimer.node(), claimer.connection(), generation);
    }

    private static Claim claimOf(SimulatedStore.@Nullable Session record, Holder claimer) {
        return record == null || !isSame(record.holder(), claimer)
                ? new Claim.TakenOver()
                : new Claim.Owned(
                        record.holder().generation(),
                        record.resumed(),
                        Optional.ofNullable(record.previous()),
                        record.slowCloses());
    }

    @Override
    public Future<Claim> touch(SessionId session, @Nullable UserId user, Holder holder) {
        if (Plant.is(Plant.SESSION_ON_CLOSE)) {
            return Future.succeededFuture(new Claim.Owned(holder.generation(), true, Optional.empty(), 0));
        }
        return decide(
                session,
                (known, now) -> {
                    if (known == null || known.holder().generation() < holder.generation()) {
                        int slowCloses = known == null ? 0 : known.slowCloses();
                        return new SimulatedStore.Session(holder, true, null, slowCloses, 0, now);
                    }
                    return isSame(known.holder(), holder)
                            ? new SimulatedStore.Session(
                                    known.holder(),
                                    known.resumed(),
                                    known.previous(),
                                    known.slowCloses(),
                                    known.slowGeneration(),
                                    now)
                            : known;
                },
                record -> claimOf(record, holder));
    }

    @Override
    public Future<Void> noteSlow(SessionId session, Holder holder) {
        return decide(
                session,
                (known, now) -> {
                    boolean counts = known != null
                            && isSame(known.holder(), holder)
                            && known.slowGeneration() != holder.generation();
                    return counts
                            ? new SimulatedStore.Session(
                                    known.holder(),
                                    known.resumed(),
                                    known.previous(),
                                    known.slowCloses() + 1,
                                    holder.generation(),
                                    now)
                            : known;
                },
                record -> null);
    }

    @Override
    public Future<Void> end(SessionId session, Holder holder) {
        return decide(
                session,
                (known, now) -> known != null && isSame(known.holder(), holder) ? null : known,
                record -> null);
    }

    @Override
    public void announceTakeover(SessionId session, Holder previous, long newGeneration) {
        bus.sendTakeover(session, previous.node(), newGeneration);
    }
}
