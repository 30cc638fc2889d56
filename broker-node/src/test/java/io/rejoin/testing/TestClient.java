package io.rejoin.testing;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A client that speaks the wire protocol by hand: what it sends is written in the test, what it gets is kept in order.
 *
 * <p>Threading: thread-safe, but {@link #awaitAnswers} is for one thread at a time.
 */
public final class TestClient implements AutoCloseable {

    private static final int MAX_MESSAGE = 4 << 20;

    /** Held, because Vert.x closes the sockets of a client that nobody holds. */
    private final WebSocketClient owner;

    private final WebSocket socket;
    private final List<JsonObject> frames = new CopyOnWriteArrayList<>();
    private final List<Integer> consumed = new ArrayList<>();
    private long barriers = 1_000_000;
    private volatile int closeCode;
    private volatile @Nullable String closeReason;

    private TestClient(WebSocketClient owner, WebSocket socket) {
        this.owner = owner;
        this.socket = socket;
        socket.textMessageHandler(this::onMessage);
        socket.closeHandler(closed -> {
            Short code = socket.closeStatusCode();
            closeReason = socket.closeReason();
            closeCode = code == null ? 1006 : code;
        });
    }

    /**
     * Connects to a node's client port and waits for the handshake.
     *
     * @param headers names and values for the upgrade, in turn
     */
    public static TestClient connect(Vertx vertx, int port, String... headers) {
        WebSocketConnectOptions options = new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI("/v1/connect")
                .addSubProtocol("rejoin.v1.json");
        for (int i = 0; i < headers.length; i += 2) {
            options.addHeader(headers[i], headers[i + 1]);
        }
        WebSocketClient client = vertx.createWebSocketClient(
                new WebSocketClientOptions().setMaxFrameSize(MAX_MESSAGE).setMaxMessageSize(MAX_MESSAGE));
        Future<TestClient> connected = client.connect(options).map(socket -> new TestClient(client, socket));
        return RoomLogContract.await(connected);
    }

    private void onMessage(String text) {
        Object value = Json.decodeValue(text);
        if (value instanceof JsonArray array) {
            array.forEach(element -> onFrame((JsonObject) element));
        } else {
            onFrame((JsonObject) value);
        }
    }

    private void onFrame(JsonObject frame) {
        frames.add(frame);
        if ("ping".equals(frame.getString("type"))) {
            send(new JsonObject().put("type", "pong").put("time", frame.getLong("time")));
        }
    }

    /** Sends a text message as it is. */
    public void send(String message) {
        RoomLogContract.await(socket.writeTextMessage(message));
    }

    /** Sends a frame without waiting. */
    public void send(JsonObject frame) {
        socket.writeTextMessage(frame.encode()).onFailure(closed -> {});
    }

    /** Sends bytes as a text message, in two fragments, whether they are UTF-8 or not. */
    public void sendAsText(byte[] message) {
        RoomLogContract.await(socket.writeFrame(WebSocketFrame.textFrame("", false))
                .compose(begun -> socket.writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer(message), true))));
    }

    /** Sends a binary message. */
    public void sendBinary(byte[] message) {
        RoomLogContract.await(socket.writeBinaryMessage(Buffer.buffer(message)));
    }

    /** Says hello as it is written and waits for the welcome. */
    public JsonObject hello(String hello) {
        send(hello);
        return await("welcome");
    }

    /** Says hello without anything and waits for the welcome. */
    public JsonObject hello() {
        return hello("{\"type\":\"hello\"}");
    }

    /** Waits for the next frame of a type that was not given out before. */
    public JsonObject await(String type) {
        return await(frame -> type.equals(frame.getString("type")), type);
    }

    /** Waits for the next frame that fits and was not given out before. */
    public JsonObject await(Predicate<JsonObject> fits, String what) {
        int[] found = {-1};
        Await.until(
                () -> {
                    found[0] = find(fits);
                    return found[0] >= 0;
                },
                () -> "no " + what + " among " + frames + ", closeCode=" + closeCode);
        synchronized (consumed) {
            consumed.add(found[0]);
        }
        return frames.get(found[0]);
    }

    private int find(Predicate<JsonObject> fits) {
        synchronized (consumed) {
            for (int i = 0; i < frames.size(); i++) {
                if (!consumed.contains(i) && fits.test(frames.get(i))) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** Waits until the connection is closed and gives the code. */
    public int awaitClose() {
        Await.until(() -> closeCode != 0, () -> "still open; frames=" + frames);
        return closeCode;
    }

    /** The reason of the close frame. */
    public @Nullable String closeReason() {
        return closeReason;
    }

    /** Whether the connection is open. */
    public boolean isOpen() {
        return closeCode == 0;
    }

    /** Everything received so far. */
    public List<JsonObject> frames() {
        return List.copyOf(frames);
    }

    /** Sends a request with this {@code ref} and waits for the frame that answers it. */
    public JsonObject ask(int ref, String request) {
        send(request);
        return await(frame -> Integer.valueOf(ref).equals(frame.getValue("ref")), "answer to ref " + ref);
    }

    /** Waits until the broker has answered everything that was sent: what did not come by then does not come. */
    public void awaitAnswers() {
        long time = ++barriers;
        send("{\"type\":\"ping\",\"time\":" + time + "}");
        await(frame -> "pong".equals(frame.getString("type")) && frame.getLong("time") == time, "pong " + time);
    }

    /** Publications of a room received so far, in order. */
    public List<JsonObject> publications(String room) {
        return frames.stream()
                .filter(frame -> "publication".equals(frame.getString("type")) && room.equals(frame.getString("room")))
                .toList();
    }

    /** Stops reading from the socket. */
    public void pause() {
        socket.pause();
    }

    /** Goes on reading. */
    public void resume() {
        socket.resume();
    }

    @Override
    public void close() {
        socket.close().eventually(owner::close).onFailure(closedAlready -> {});
    }
}
