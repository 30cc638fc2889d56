package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.rejoin.session.SessionDirectory;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Session records as entries of one Hazelcast map that forgets what nobody touched for the session window.
 *
 * <p>Threading: thread-safe; to be called on a Vert.x context, on which futures complete.
 */
public final class HazelcastSessionDirectory implements SessionDirectory {

    private final Vertx vertx;
    private final CallsInFlight claims;
    private final IMap<String, SessionEntry> sessions;
    private final NodeBus bus;
    private final long slowMemoryMs;

    /**
     * Opens the directory; blocks while the map is created.
     *
     * @param map name of the map
     * @param bus carries word of takeovers
     * @param slowMemory how long closes for not keeping up are remembered after the last one
     */
    public HazelcastSessionDirectory(
            Vertx vertx, HazelcastInstance hazelcast, String map, NodeBus bus, Duration slowMemory) {
        this.vertx = vertx;
        this.claims = new CallsInFlight(vertx);
        this.sessions = hazelcast.getMap(map);
        this.bus = bus;
        this.slowMemoryMs = slowMemory.toMillis();
    }

    @Override
    public Future<Claim> claim(SessionId session, @Nullable UserId user, NodeId node, long connection, long attempt) {
        Holder claimed = new Holder(node, connection, attempt);
        return claims.await(submit(session, new ClaimSessionProcessor(text(user), claimed, slowMemoryMs)))
                .map(record -> claimOf(record, claimed));
    }

    /** Fails all claims that are in flight: a member left, and some of them may wait for it. */
    public void giveUpClaims(String why) {
        claims.giveUp(why);
    }

    @Override
    public Future<Claim> touch(SessionId session, @Nullable UserId user, Holder holder) {
        return submit(session, new TouchSessionProcessor(text(user), holder, slowMemoryMs))
                .map(record -> claimOf(record, holder));
    }

    @Override
    public Future<Void> noteSlow(SessionId session, Holder holder) {
        return submit(session, new NoteSlowProcessor(holder, slowMemoryMs)).mapEmpty();
    }

    @Override
    public Future<Void> end(SessionId session, Holder holder) {
        return submit(session, new EndSessionProcessor(holder)).mapEmpty();
    }

    @Override
    public void announceTakeover(SessionId session, Holder previous, long newGeneration) {
        bus.sendTakeover(session, previous.node(), newGeneration);
    }

    private Future<SessionEntry> submit(SessionId session, SessionProcessor processor) {
        try {
            return HazelcastFutures.onCallersLoop(vertx, sessions.submitToKey(session.value(), processor));
        } catch (RuntimeException notActive) {
            return Future.failedFuture(notActive);
        }
    }

    private static Claim claimOf(@Nullable SessionEntry record, Holder claimed) {
        if (record == null
                || !record.holder().node().equals(claimed.node())
                || record.holder().connection() != claimed.connection()) {
            return new Claim.TakenOver();
        }
        return new Claim.Owned(
                record.holder().generation(),
                record.isResumed(),
                record.previous(),
                record.slowness().closes());
    }

    private static String text(@Nullable UserId user) {
        return user == null ? "" : user.value();
    }
}
