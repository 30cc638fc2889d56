package io.rejoin.chaos.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.internal.http.WebSocketInternal;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket to one node: opens it, takes its messages apart, answers pings, gives it up when it is silent, and tells its end
 * exactly once.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
final class ChaosConnection {

    private static final long HANDSHAKE_TIMEOUT_MS = 5_000;
    private static final long WELCOME_TIMEOUT_MS = 8_000;
    private static final long WATCH_INTERVAL_MS = 250;

    private final Vertx vertx;
    private final String id;
    private final Endpoint endpoint;
    private final Listener listener;
    private final ClientWebSocket socket;
    private final Map<String, String> epochs = new HashMap<>();
    private long silenceLimitNanos = WELCOME_TIMEOUT_MS * 1_000_000;
    private long heardAt = System.nanoTime();
    private long watch = -1;
    private boolean reading = true;
    private boolean open;
    private boolean welcome;
    private boolean ended;

    /** What a client makes of it. */
    interface Listener {
        /** The socket is open; nothing was sent. */
        void onOpen(ChaosConnection connection);

        /** A frame other than {@code ping} arrived. */
        void onFrame(ChaosConnection connection, JsonObject frame);

        /**
         * It has ended; called once, also when it never opened.
         *
         * @param code close code; 1006 when there was none, 0 when this side ended it
         */
        void onEnd(ChaosConnection connection, int code, String reason);

        /** The node sent what the protocol forbids. */
        void onViolation(ChaosConnection connection, String what);
    }

    ChaosConnection(Vertx vertx, WebSocketClient sockets, String id, Endpoint endpoint, Listener listener) {
        this.vertx = vertx;
        this.id = id;
        this.endpoint = endpoint;
        this.listener = listener;
        this.socket = sockets.webSocket();
    }

    void open() {
        socket.textMessageHandler(this::onText);
        socket.binaryMessageHandler(
                bytes -> listener.onViolation(this, "binary message of " + bytes.length() + " bytes"));
        socket.closeHandler(v -> {
            Short code = socket.closeStatusCode();
            String reason = socket.closeReason();
            end(code == null ? 1006 : code, reason == null ? "" : reason);
        });
        // A fault of the socket is followed by its close, which is what counts.
        socket.exceptionHandler(fault -> {});
        WebSocketConnectOptions options = new WebSocketConnectOptions()
                .setHost(endpoint.host())
                .setPort(endpoint.port())
                .setURI("/v1/connect")
                .addSubProtocol("rejoin.v1.json")
                .setTimeout(HANDSHAKE_TIMEOUT_MS);
        socket.connect(options).onComplete(result -> {
            open = result.succeeded();
            if (ended) {
                close();
            } else if (result.failed()) {
                end(1006, String.valueOf(result.cause().getMessage()));
            } else {
                heardAt = System.nanoTime();
                watch = vertx.setPeriodic(WATCH_INTERVAL_MS, t -> watch());
                listener.onOpen(this);
            }
        });
    }

    String id() {
        return id;
    }

    String node() {
        return endpoint.node();
    }

    /** Whether frames may be sent. */
    boolean isOpen() {
        return open && !ended;
    }

    void send(JsonObject frame) {
        sendText(frame.encode());
    }

    void send(JsonArray frames) {
        sendText(frames.encode());
    }

    /** The epoch of a frame that may leave it out because it was told before; remembers it. */
    @Nullable
    String epoch(String room, @Nullable String told) {
        if (told != null) {
            epochs.put(room, told);
        }
        return epochs.get(room);
    }

    /** Ends it as the kernel of a machine does whose process died: the node gets a reset. */
    void reset() {
        if (open && socket instanceof WebSocketInternal internal) {
            Channel channel = internal.channelHandlerContext().channel();
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.unsafe().close(channel.voidPromise());
        }
        end(1006, "reset by the client");
    }

    /** Reads nothing from now on: once the kernel's buffers are full, the node cannot send either. */
    void stopReading() {
        if (isOpen()) {
            reading = false;
            socket.pause();
        }
    }

    /** Reads on. */
    void readOn() {
        if (!reading) {
            reading = true;
            heardAt = System.nanoTime();
            socket.resume();
        }
    }

    /** Ends it from this side, without {@code bye}: the session stays. */
    void abandon() {
        end(0, "given up by the client");
    }

    private void sendText(String text) {
        if (isOpen()) {
            // What cannot be written any more is followed by the close.
            socket.writeTextMessage(text).onFailure(fault -> {});
        }
    }

    private void onText(String text) {
        if (ended) {
            return;
        }
        heardAt = System.nanoTime();
        Object value;
        try {
            value = Json.decodeValue(text);
        } catch (DecodeException e) {
            listener.onViolation(this, "message that is not JSON: " + text);
            return;
        }
        if (value instanceof JsonObject frame) {
            onFrame(frame);
        } else if (value instanceof JsonArray frames) {
            for (int i = 0; i < frames.size() && !ended; i++) {
                onFrame(frames.getJsonObject(i));
            }
        } else {
            listener.onViolation(this, "message that is neither object nor array: " + text);
        }
    }

    private void onFrame(JsonObject frame) {
        String type = frame.getString("type");
        if (!welcome && !"welcome".equals(type)) {
            listener.onViolation(this, type + " before welcome");
        }
        if ("ping".equals(type)) {
            send(new JsonObject().put("type", "pong").put("time", frame.getValue("time")));
            return;
        }
        if ("welcome".equals(type)) {
            welcome = true;
            JsonObject heartbeat = frame.getJsonObject("heartbeat");
            silenceLimitNanos = (heartbeat.getLong("interval") + heartbeat.getLong("timeout")) * 1_000_000;
        }
        listener.onFrame(this, frame);
    }

    private void watch() {
        if (reading && System.nanoTime() - heardAt > silenceLimitNanos) {
            end(1006, welcome ? "silent for longer than heartbeat allows" : "no welcome");
        }
    }

    private void end(int code, String reason) {
        if (ended) {
            return;
        }
        ended = true;
        if (watch >= 0) {
            vertx.cancelTimer(watch);
        }
        close();
        listener.onEnd(this, code, reason);
    }

    private void close() {
        if (open) {
            socket.close().onFailure(fault -> {});
        }
    }
}
