package io.rejoin.chaos.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A member of one room, over one connection after the other. It reads as fast as it is told to, and may stop reading as soon as it is
 * joined.
 *
 * <p>Threading: on the loop.
 */
final class FlowMember implements FlowSocket.Listener {

    private static final long RECONNECT_NANOS = 50_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final String RETRY_AFTER = "retry-after=";

    private final FlowLoop loop;
    private final FlowSocket.Options options;
    private final String room;
    private final RoomStream stream;
    private final Consumer<ServerFrame> watch;
    private final SortedMap<Integer, Long> closes = new TreeMap<>();
    private Pace pace;
    private @Nullable FlowSocket socket;
    private @Nullable ServerFrame session;
    private boolean joined;
    private boolean left;
    private long attempt;
    private long ephemeral;
    private long errors;
    private long connectedBytes;

    /**
     * Describes a member; nothing is opened.
     *
     * @param keys how many keys the publisher uses in turn; 0 for none
     * @param pace from the moment on when it is joined
     * @param watch told of every publication, when it is read
     */
    FlowMember(
            FlowLoop loop, FlowSocket.Options options, String room, int keys, Pace pace, Consumer<ServerFrame> watch) {
        this.loop = loop;
        this.options = options;
        this.room = room;
        this.stream = new RoomStream(keys);
        this.pace = pace;
        this.watch = watch;
    }

    /** Opens a connection and joins from where the last one was. */
    void connect() {
        joined = false;
        socket = new FlowSocket(loop, options, this);
    }

    /** Changes how fast it reads. */
    void pace(Pace next) {
        pace = next;
        if (socket != null && joined) {
            socket.pace(next);
        }
    }

    /** Ends the connection for good. */
    void leave() {
        left = true;
        if (socket != null) {
            connectedBytes += socket.receivedBytes();
            socket.abandon();
        }
    }

    /** Whether the room is joined on the present connection. */
    boolean isJoined() {
        return joined;
    }

    RoomStream stream() {
        return stream;
    }

    /** How connections ended that the member did not end itself. */
    SortedMap<Integer, Long> closes() {
        return closes;
    }

    /** Publications without an offset that arrived. */
    long ephemeral() {
        return ephemeral;
    }

    long errors() {
        return errors;
    }

    /** Bytes read on all connections. */
    long receivedBytes() {
        return connectedBytes + (socket == null || left ? 0 : socket.receivedBytes());
    }

    @Override
    public void onOpen() {
        JsonObject join = new JsonObject().put("room", room);
        if (stream.isJoined()) {
            join.put("position", new JsonObject().put("epoch", stream.epoch()).put("offset", stream.offset()));
        }
        JsonObject hello = new JsonObject().put("type", "hello").put("rooms", new JsonArray().add(join));
        ServerFrame resumed = session;
        if (resumed != null) {
            hello.put(
                    "session",
                    new JsonObject()
                            .put("id", resumed.id)
                            .put("secret", resumed.secret)
                            .put("attempt", ++attempt));
        }
        socket().send(hello.encode());
    }

    @Override
    public void onMessage(byte[] bytes, int from, int length) {
        ServerFrame.read(bytes, from, length, this::onFrame);
    }

    private void onFrame(ServerFrame frame) {
        switch (frame.type) {
            case "welcome" -> {
                session = frame.session;
                joined = true;
                stream.onJoined(frame.rooms.get(0));
                socket().pace(pace);
            }
            case "publication" -> {
                if (frame.offset > 0) {
                    stream.onPublication(frame);
                } else {
                    ephemeral++;
                }
                watch.accept(frame);
            }
            case "gap" -> stream.onGap(frame);
            case "ping" -> socket().send("{\"type\":\"pong\",\"time\":" + frame.time + '}');
            case "error" -> errors++;
            default -> {
                // Nothing else is asked for.
            }
        }
    }

    @Override
    public void onEnd(int code, String reason) {
        joined = false;
        if (left) {
            return;
        }
        closes.merge(code, 1L, Long::sum);
        connectedBytes += socket().receivedBytes();
        socket = null;
        long wait = reason.startsWith(RETRY_AFTER)
                ? Long.parseLong(reason.substring(RETRY_AFTER.length())) * NANOS_PER_MILLI
                : RECONNECT_NANOS;
        loop.after(wait, () -> {
            if (!left) {
                connect();
            }
        });
    }

    private FlowSocket socket() {
        FlowSocket open = socket;
        if (open == null) {
            throw new IllegalStateException("member of " + room + " has no connection");
        }
        return open;
    }
}
