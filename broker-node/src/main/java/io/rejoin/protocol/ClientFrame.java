package io.rejoin.protocol;

import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A frame from a client, checked: what is in it obeys the contract's types and bounds.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/protocol.md">Client frames</a>
 */
public sealed interface ClientFrame {

    /** Calls the method of this frame's type. */
    void dispatch(ClientFrameHandler handler);

    /**
     * First frame: authenticates, resumes, joins.
     *
     * @param token the client's token
     * @param session what is to be resumed
     * @param rooms rooms to join, in order
     * @param clientName name and version for logs, at most 129 printable characters
     * @param heartbeatMs how often the client wants to be pinged; 0 for no wish
     */
    record Hello(
            @Nullable String token,
            @Nullable SessionClaim session,
            List<RoomRequest> rooms,
            @Nullable String clientName,
            long heartbeatMs)
            implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onHello(this);
        }

        @Override
        public String toString() {
            return "Hello[session=" + session + ", rooms=" + rooms + ", clientName=" + clientName + ", heartbeatMs="
                    + heartbeatMs + "]";
        }
    }

    /**
     * The session that a hello wants to go on with.
     *
     * @param id the session's id
     * @param secret proof that it is the client's own
     * @param attempt 1 and above, raised with each connection; 0 when not given
     */
    record SessionClaim(String id, String secret, long attempt) {
        @Override
        public String toString() {
            return "SessionClaim[id=" + id + ", attempt=" + attempt + "]";
        }
    }

    /**
     * How to join a room.
     *
     * @param room the room
     * @param position continue after it
     * @param history first the newest n, 0 for none; at most 1,000
     * @param latest deliver only the newest value per key while replaying or lagging
     */
    record RoomRequest(RoomId room, @Nullable Position position, int history, boolean latest) {}

    /**
     * Become a member.
     *
     * @param ref echoed by the reply
     * @param request room and how to join it
     */
    record Join(@Nullable Ref ref, RoomRequest request) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onJoin(this);
        }
    }

    /**
     * End a membership.
     *
     * @param ref echoed by the reply
     * @param room the room
     */
    record Leave(@Nullable Ref ref, RoomId room) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onLeave(this);
        }
    }

    /**
     * Publish durably, or give a number up.
     *
     * @param ref echoed by the reply
     * @param room the room
     * @param number 1 and above
     * @param first lowest number of the room that the client has not seen acknowledged; 0 when not given
     * @param data the value; {@code null} means {@code skip}
     * @param key conflation key, at most 128 bytes
     */
    record Publish(
            @Nullable Ref ref,
            RoomId room,
            long number,
            long first,
            @Nullable Payload data,
            @Nullable String key) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onPublish(this);
        }
    }

    /**
     * Publish without order, history or reply.
     *
     * @param ref echoed by an error
     * @param room the room
     * @param data the value
     * @param key conflation key, at most 128 bytes
     */
    record PublishEphemeral(
            @Nullable Ref ref,
            RoomId room,
            Payload data,
            @Nullable String key) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onPublishEphemeral(this);
        }
    }

    /**
     * Read a page of the retained log.
     *
     * @param ref echoed by the reply
     * @param room the room
     * @param after read what follows it; {@code null} for the newest
     * @param limit most publications wanted, 1 to 1,000
     */
    record History(Ref ref, RoomId room, @Nullable Position after, int limit) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onHistory(this);
        }
    }

    /**
     * Puts a new token in the place of the old one.
     *
     * @param ref echoed by the reply
     * @param token the new one
     */
    record Refresh(Ref ref, String token) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onRefresh(this);
        }

        @Override
        public String toString() {
            return "Refresh[ref=" + ref + "]";
        }
    }

    /**
     * Asks for a pong.
     *
     * @param time echoed
     */
    record Ping(long time) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onPing(this);
        }
    }

    /**
     * Answers a ping.
     *
     * @param time of the ping
     */
    record Pong(long time) implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onPong(this);
        }
    }

    /** Ends the session now. */
    record Bye() implements ClientFrame {
        @Override
        public void dispatch(ClientFrameHandler handler) {
            handler.onBye(this);
        }
    }
}
