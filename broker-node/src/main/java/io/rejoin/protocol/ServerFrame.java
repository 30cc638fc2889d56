package io.rejoin.protocol;

import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A frame to a client.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/protocol.md">Server frames</a>
 */
public sealed interface ServerFrame {

    /**
     * Answers hello.
     *
     * @param session the session's id
     * @param secret proof for a later resume
     * @param publisher the session's public id
     * @param resumed whether the session's record was found
     * @param windowMs how long the session outlives its connection
     * @param node name of the node
     * @param heartbeatIntervalMs how often the broker pings
     * @param heartbeatTimeoutMs how much longer silence may last
     * @param limits what the client must keep to
     * @param refreshAfterMs when to refresh the token, 0 for never
     * @param rooms one per room of hello, in its order
     */
    record Welcome(
            String session,
            String secret,
            PublisherId publisher,
            boolean resumed,
            long windowMs,
            String node,
            long heartbeatIntervalMs,
            long heartbeatTimeoutMs,
            Limits limits,
            long refreshAfterMs,
            List<Joined> rooms)
            implements ServerFrame {
        @Override
        public String toString() {
            return "Welcome[session=" + session + ", resumed=" + resumed + "]";
        }
    }

    /**
     * Answers join, or one room of hello.
     *
     * @param ref of the join
     * @param room the room
     * @param result where delivery starts, or why it does not
     */
    record Joined(@Nullable Ref ref, RoomId room, JoinedResult result) implements ServerFrame {}

    /** Where delivery starts, or why the client did not become a member. */
    sealed interface JoinedResult {

        /** No position was asked for; publications follow after {@code position}. */
        record Live(Position position) implements JoinedResult {}

        /** Publications follow after the position asked for. */
        record Resumed(Position position) implements JoinedResult {}

        /** Publications follow after {@code position}; {@code gap} tells what is missing. */
        record Gapped(Position position, GapRange gap) implements JoinedResult {}

        /** Not joined. */
        record Failed(ErrorCode code, String message, long retryAfterMs) implements JoinedResult {}
    }

    /** Why publications are missing. */
    enum GapReason {
        /** The log no longer holds them. */
        RETENTION("retention"),
        /** What the client knew is not, or not all, part of this log. */
        EPOCH("epoch"),
        /** The replay was capped. */
        LIMIT("limit"),
        /** Superseded values of a key were left out. */
        CONFLATED("conflated");

        private final String text;

        GapReason(String text) {
            this.text = text;
        }

        /** The reason as it stands on the wire. */
        public String text() {
            return text;
        }
    }

    /**
     * What a member does not get.
     *
     * @param reason why
     * @param from first missing offset, 0 when not told
     * @param to last missing offset, 0 when not told
     */
    record GapRange(GapReason reason, long from, long to) {}

    /**
     * Stands in the stream where publications are missing.
     *
     * @param room the room
     * @param range what is missing
     * @param position delivery goes on after it
     */
    record Gap(RoomId room, GapRange range, Position position) implements ServerFrame {}

    /**
     * A publication as members get it.
     *
     * @param room the room
     * @param offset its place in the log; 0 for an ephemeral one
     * @param epoch told only on the first publication of a term
     * @param timeMs when the room took it
     * @param data the value
     * @param key conflation key
     * @param from the publisher's user
     * @param publisher the publishing session's public id
     * @param number the publisher's number, 0 for none
     */
    record Published(
            RoomId room,
            long offset,
            @Nullable Epoch epoch,
            long timeMs,
            Payload data,
            @Nullable String key,
            @Nullable UserId from,
            @Nullable PublisherId publisher,
            long number)
            implements ServerFrame {}

    /**
     * The publication is replicated.
     *
     * @param ref of the publish
     * @param room the room
     * @param number of the publish
     * @param position where it went; {@code null} after skip and for old numbers
     */
    record Ack(
            @Nullable Ref ref,
            RoomId room,
            long number,
            @Nullable Position position) implements ServerFrame {}

    /**
     * No longer a member.
     *
     * @param ref of the leave
     * @param room the room
     * @param code why, when the broker ended it
     */
    record Left(@Nullable Ref ref, RoomId room, @Nullable ErrorCode code) implements ServerFrame {}

    /**
     * A page of the log.
     *
     * @param ref of the request
     * @param room the room
     * @param publications ascending; the first carries its epoch, later ones when it changes
     * @param position of the last one returned
     * @param more whether the log goes on after it
     * @param gap what was asked for and is not there
     */
    record HistoryPage(
            Ref ref,
            RoomId room,
            List<Published> publications,
            Position position,
            boolean more,
            @Nullable GapRange gap) implements ServerFrame {}

    /**
     * The new token holds.
     *
     * @param ref of the refresh
     * @param refreshAfterMs when to refresh it
     */
    record Refreshed(Ref ref, long refreshAfterMs) implements ServerFrame {}

    /**
     * Asks for a pong.
     *
     * @param timeMs echoed by the pong
     */
    record Ping(long timeMs) implements ServerFrame {}

    /**
     * Answers a ping.
     *
     * @param timeMs of the ping
     */
    record Pong(long timeMs) implements ServerFrame {}

    /**
     * This node leaves.
     *
     * @param afterMs when to reconnect elsewhere; each client gets its own value
     * @param deadlineMs when this connection is closed
     * @param reason why, for people
     */
    record GoAway(long afterMs, long deadlineMs, String reason) implements ServerFrame {}

    /**
     * A request failed.
     *
     * @param ref of the request
     * @param room of the request
     * @param number of the publish, 0 for none
     * @param code what went wrong
     * @param message for people
     * @param retryAfterMs when to try again, 0 when not told
     * @param expected the number expected, 0 when not told
     */
    record Failure(
            @Nullable Ref ref,
            @Nullable String room,
            long number,
            ErrorCode code,
            String message,
            long retryAfterMs,
            long expected)
            implements ServerFrame {}
}
