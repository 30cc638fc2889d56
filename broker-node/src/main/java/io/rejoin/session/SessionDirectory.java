package io.rejoin.session;

import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which connection owns which session, across the cluster.
 *
 * <p>Laws:
 *
 * <ol>
 *   <li>Of all claims of a session, the one with the highest generation owns it, whatever the order in which they arrive.
 *   <li>A claim that loses changes nothing.
 *   <li>A record lives for the session window after the last claim or touch, and is written while the client is connected.
 *   <li>A failed future means unknown; repeating the same claim is safe.
 *   <li>Methods return at once; futures complete on the caller's loop.
 * </ol>
 */
public interface SessionDirectory {

    /**
     * One connection's hold on a session.
     *
     * @param node where the connection is
     * @param connection unique per connection of that node
     * @param generation the client's attempt, or the next number
     */
    record Holder(NodeId node, long connection, long generation) {}

    /** What became of a claim. */
    sealed interface Claim {

        /**
         * The session is the claimer's.
         *
         * @param generation of the claim
         * @param resumed whether a record was there
         * @param previous the connection that held it before, to be told
         * @param slowCloses how often its connections were closed because they did not keep up, as far as that is remembered
         */
        record Owned(long generation, boolean resumed, Optional<Holder> previous, int slowCloses) implements Claim {}

        /** A newer connection owns the session. */
        record TakenOver() implements Claim {}
    }

    /**
     * Claims a session for a connection.
     *
     * @param session the session
     * @param user whose it is
     * @param node where the connection is
     * @param connection unique per connection of that node
     * @param attempt the client's attempt; 0 when not given: the next number is taken
     */
    Future<Claim> claim(SessionId session, @Nullable UserId user, NodeId node, long connection, long attempt);

    /**
     * Keeps a record alive, writing it again when it is gone.
     *
     * @return what a claim of the same generation would get: {@code TakenOver} when a newer connection owns the session
     */
    Future<Claim> touch(SessionId session, @Nullable UserId user, Holder holder);

    /** Remembers, when this connection still owns the session, that it is being closed because it does not keep up. */
    Future<Void> noteSlow(SessionId session, Holder holder);

    /** Ends a session when this connection still owns it. */
    Future<Void> end(SessionId session, Holder holder);

    /** Tells the node of an older connection to close it; a lost message is made up for by {@link #touch}. */
    void announceTakeover(SessionId session, Holder previous, long newGeneration);
}
