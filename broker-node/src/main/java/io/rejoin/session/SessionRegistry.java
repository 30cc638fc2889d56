package io.rejoin.session;

import io.rejoin.flow.Admission;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.room.RoomRegistry;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The sessions that have a connection on this node.
 *
 * <p>A session is entered before its record is written, so that word of a takeover finds it even while its hello is being answered.
 *
 * <p>Threading: thread-safe by concurrent maps; sessions themselves are told on their own loops.
 */
public final class SessionRegistry implements ConnectionAcceptor {

    /** Those that said hello and those that did not yet. */
    private final AtomicInteger open = new AtomicInteger();

    private final Surroundings node;
    private final Inbound.Shared rates;
    private final Map<SessionId, List<Session>> sessions = new ConcurrentHashMap<>();
    private final Promise<Void> emptied = Promise.promise();
    private volatile @Nullable Departure departure;

    /**
     * What every session of a node shares.
     *
     * @param self this node's incarnation
     * @param random for session ids; has to be cryptographically strong
     */
    public record Surroundings(
            NodeId self,
            SessionConfig config,
            FrameCodec codec,
            Authentication authentication,
            SessionSecrets secrets,
            SessionDirectory directory,
            RoomRegistry rooms,
            Admission admission,
            Ticker ticker,
            RandomGenerator random,
            SessionMetrics metrics) {}

    /** Creates a registry without sessions. */
    public SessionRegistry(Surroundings node) {
        this.node = node;
        this.rates = Inbound.Shared.create(node.ticker());
    }

    @Override
    public ConnectionListener accept(Connection connection) {
        Session session = new Session(connection, node, this);
        long comeAgainMs = node.admission().arrive(open.incrementAndGet());
        if (comeAgainMs > 0) {
            session.refuse("arrival", comeAgainMs);
        }
        return session;
    }

    /** Buckets that connections share. */
    Inbound.Shared rates() {
        return rates;
    }

    /** Sessions with a connection on this node. */
    public int sessionCount() {
        return sessions.size();
    }

    /** Word came that a newer connection, here or elsewhere, owns a session. */
    public void onTakeover(SessionId id, long newGeneration) {
        for (Session session : sessions.getOrDefault(id, List.of())) {
            session.loop().execute(() -> session.onTakeover(newGeneration));
        }
    }

    /** The revocations that hold have changed: who is revoked is closed. */
    public void onRevocations() {
        for (List<Session> held : sessions.values()) {
            for (Session session : held) {
                session.loop().execute(session::checkRevoked);
            }
        }
    }

    /** Closes every connection that has said hello. */
    public void closeAll(CloseCode code) {
        for (List<Session> held : sessions.values()) {
            for (Session session : held) {
                session.loop().execute(() -> session.connection().close(code, 0));
            }
        }
    }

    /**
     * Tells every client to resume elsewhere, each at its own time, and goes on serving it meanwhile; who says hello later is told as
     * well.
     *
     * @param window over which those that are here now are told to go
     * @param deadline told to them: when the caller closes connections that are left
     * @return succeeds once no client is left
     */
    public Future<Void> sendElsewhere(Duration window, Duration deadline) {
        Departure leaving = new Departure(node.ticker(), node.random(), sessionCount(), window, deadline);
        departure = leaving;
        for (List<Session> held : sessions.values()) {
            for (Session session : held) {
                session.loop().execute(() -> session.goAway(leaving));
            }
        }
        if (sessions.isEmpty()) {
            emptied.tryComplete();
        }
        return emptied.future();
    }

    /** How clients are sent elsewhere; {@code null} while the node stays. */
    @Nullable
    Departure departure() {
        return departure;
    }

    /**
     * Waits until every publish that was read is answered.
     *
     * @param limit of the wait; the future succeeds then, too
     */
    public Future<Void> settle(Duration limit) {
        List<Future<Void>> all = new ArrayList<>();
        for (List<Session> held : sessions.values()) {
            for (Session session : held) {
                Promise<Void> settled = Promise.promise();
                session.loop().execute(() -> {
                    session.loop().schedule(limit, settled::tryComplete);
                    session.settle(settled::tryComplete);
                });
                all.add(settled.future());
            }
        }
        return Future.join(all).mapEmpty();
    }

    /** A connection that was accepted has ended. */
    void onClosed() {
        open.decrementAndGet();
    }

    void add(SessionId id, Session session) {
        sessions.merge(id, List.of(session), SessionRegistry::concat);
    }

    void remove(SessionId id, Session session) {
        sessions.computeIfPresent(id, (key, held) -> {
            List<Session> left = held.stream().filter(other -> other != session).toList();
            return left.isEmpty() ? null : left;
        });
        if (departure != null && sessions.isEmpty()) {
            emptied.tryComplete();
        }
    }

    private static List<Session> concat(List<Session> held, List<Session> added) {
        return java.util.stream.Stream.concat(held.stream(), added.stream()).toList();
    }
}
