package io.rejoin.chaos.client;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Reads rooms through one node, page by page, from the oldest retained publication to the head.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
public final class RoomReader implements ChaosConnection.Listener {

    private static final int PAGE = 1_000;
    private static final long RETRY_MS = 250;
    private static final int MAX_RETRIES = 80;

    private final Vertx vertx;
    private final History history;
    private final ChaosConnection connection;
    private final Deque<String> rooms;
    private final Promise<Void> done = Promise.promise();
    private Point after = Point.START;
    private long skipped;
    private String epoch = "";
    private int retries;
    private long ref;

    private RoomReader(Vertx vertx, WebSocketClient sockets, Endpoint endpoint, List<String> rooms, History history) {
        this.vertx = vertx;
        this.history = history;
        this.rooms = new ArrayDeque<>(rooms);
        this.connection = new ChaosConnection(vertx, sockets, "read-" + endpoint.node(), endpoint, this);
    }

    /**
     * Reads all of the rooms through one node into the history.
     *
     * @return fails when the node does not give them
     */
    public static Future<Void> read(
            Vertx vertx, WebSocketClient sockets, Endpoint endpoint, List<String> rooms, History history) {
        RoomReader reader = new RoomReader(vertx, sockets, endpoint, rooms, history);
        reader.connection.open();
        return reader.done.future();
    }

    @Override
    public void onOpen(ChaosConnection opened) {
        opened.send(new JsonObject().put("type", "hello"));
    }

    @Override
    public void onFrame(ChaosConnection from, JsonObject frame) {
        switch (String.valueOf(frame.getString("type"))) {
            case "welcome" -> ask();
            case "history" -> page(frame);
            case "error" -> {
                if (frame.getBoolean("retryable") && retries++ < MAX_RETRIES) {
                    vertx.setTimer(frame.getLong("retryAfter", RETRY_MS), t -> ask());
                } else {
                    done.tryFail("history of " + rooms.peek() + " through " + from.node() + ": " + frame);
                    from.abandon();
                }
            }
            default -> onViolation(from, "not for a reader: " + frame);
        }
    }

    @Override
    public void onEnd(ChaosConnection ended, int code, String reason) {
        done.tryFail("connection to " + ended.node() + " closed with " + code + " " + reason + " while reading");
    }

    @Override
    public void onViolation(ChaosConnection from, String what) {
        history.add(at -> new Op.Violation(at, from.id(), what));
    }

    private void ask() {
        String room = rooms.peek();
        if (room == null) {
            done.tryComplete();
            connection.abandon();
            return;
        }
        connection.send(new JsonObject()
                .put("type", "history")
                .put("ref", ++ref)
                .put("room", room)
                .put("after", Frames.position(after))
                .put("limit", PAGE));
    }

    private void page(JsonObject frame) {
        String room = rooms.element();
        String node = connection.node();
        Point position = Frames.position(frame);
        if (position == null || frame.getLong("ref", -1L) != ref) {
            onViolation(connection, "history without position or with another ref: " + frame);
            done.tryFail("history of " + room + " through " + node + " is not what was asked for");
            connection.abandon();
            return;
        }
        JsonObject gap = frame.getJsonObject("gap");
        if (gap != null) {
            if (after.offset() > 0) {
                onViolation(connection, "gap in the middle of a quiet log: " + frame.getJsonObject("gap"));
            }
            skipped = gap.getLong("to", skipped);
        }
        JsonArray publications = frame.getJsonArray("publications");
        for (int i = 0; i < publications.size(); i++) {
            JsonObject publication = publications.getJsonObject(i);
            epoch = publication.getString("epoch", i == 0 ? "" : epoch);
            Point point = new Point(epoch, publication.getLong("offset"));
            history.add(at -> new Op.Read(at, node, room, point, publication.getString("data")));
        }
        after = position;
        if (!frame.getBoolean("more")) {
            long oldest = skipped;
            history.add(at -> new Op.ReadEnd(at, node, room, oldest, position));
            rooms.remove();
            after = Point.START;
            skipped = 0;
        }
        ask();
    }
}
