package io.rejoin.chaos.client;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Follows its rooms from their first publication over all its connections, and checks rule 1 of "A client must": the next offset is
 * next, anything else needs a gap.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
public final class ChaosSubscriber extends ChaosClient {

    private static final long DEFAULT_RETRY_MS = 200;

    /** Where the client is, over all connections. */
    private final Map<String, Point> positions = new TreeMap<>();
    /** What each connection asked for, by connection and room, until the answer. */
    private final Map<String, Point> asked = new HashMap<>();

    private final Map<Long, String> joins = new HashMap<>();
    private long ref;

    /**
     * Makes one.
     *
     * @param rooms what it follows
     */
    public ChaosSubscriber(Reach reach, String name, List<String> rooms, RandomGenerator random) {
        super(reach, name, random);
        rooms.forEach(room -> positions.put(room, Point.START));
    }

    /** Whether it has everything up to these offsets, of the rooms that it follows. */
    public boolean reached(Map<String, Long> heads) {
        return positions.entrySet().stream()
                .allMatch(entry -> entry.getValue().offset() >= heads.getOrDefault(entry.getKey(), 0L));
    }

    /** Where it is, for a report. */
    public String positionsText() {
        return name + ' ' + positions;
    }

    @Override
    JsonArray helloRooms(ChaosConnection connection) {
        JsonArray rooms = new JsonArray();
        positions.forEach((room, point) -> {
            asked.put(key(connection, room), point);
            rooms.add(new JsonObject().put("room", room).put("position", Frames.position(point)));
        });
        return rooms;
    }

    @Override
    void onWelcome(ChaosConnection connection, JsonObject welcome, boolean newSession) {
        joins.clear();
        JsonArray rooms = welcome.getJsonArray("rooms");
        int expected = positions.size();
        if (rooms.size() != expected) {
            violation("welcome with " + rooms.size() + " rooms instead of " + expected + " from " + connection.node());
        }
        for (int i = 0; i < rooms.size(); i++) {
            joined(connection, true, rooms.getJsonObject(i));
        }
    }

    @Override
    void onOther(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        switch (String.valueOf(frame.getString("type"))) {
            case "publication" -> publication(connection, isNewest, frame);
            case "gap" -> gap(connection, isNewest, frame);
            case "joined" -> joined(connection, isNewest, frame);
            case "left" -> left(connection, frame);
            case "error" -> error(connection, isNewest, frame);
            default -> violation("not for a subscriber: " + frame);
        }
    }

    private void publication(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        String room = frame.getString("room");
        String epoch = connection.epoch(room, frame.getString("epoch"));
        if (epoch == null) {
            violation("publication before joined: " + frame);
            return;
        }
        Point point = new Point(epoch, frame.getLong("offset"));
        String value = frame.getString("data");
        history.add(at -> new Op.Delivery(at, connection.id(), room, point, value));
        Point reached = positions.getOrDefault(room, Point.START);
        if (!isNewest) {
            return;
        }
        if (point.offset() == reached.offset() + 1) {
            positions.put(room, point);
        } else {
            // The checker has the details; a client that sees this cannot go on from here.
            violation("publication at " + point + " of " + room + " after " + reached + " from " + connection.node());
            reconnect(connection);
        }
    }

    private void gap(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        String room = frame.getString("room");
        Point point = Frames.position(frame);
        if (point == null) {
            violation("gap without position: " + frame);
            return;
        }
        connection.epoch(room, point.epoch());
        history.add(at -> new Op.Gap(at, connection.id(), room, Frames.bounds(frame), point));
        if (isNewest) {
            positions.put(room, point);
        }
    }

    private void joined(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        String room = frame.getString("room");
        Point question = asked.remove(key(connection, room));
        JsonObject error = frame.getJsonObject("error");
        if (error != null) {
            joinAgain(connection, room, error);
            return;
        }
        Point point = Frames.position(frame);
        if (point == null || question == null) {
            violation("joined without position, or for a room that was not asked for: " + frame);
            return;
        }
        connection.epoch(room, point.epoch());
        JsonObject gap = frame.getJsonObject("gap");
        history.add(at -> new Op.Joined(
                at,
                connection.id(),
                room,
                question,
                point,
                frame.getString("outcome"),
                gap == null ? null : Frames.bounds(gap)));
        if (isNewest) {
            positions.put(room, point);
        }
    }

    private void left(ChaosConnection connection, JsonObject frame) {
        if ("unavailable".equals(frame.getString("code"))) {
            joinAgain(connection, frame.getString("room"), new JsonObject().put("retryable", true));
        } else {
            violation("left without being asked: " + frame);
        }
    }

    private void error(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        String room = joins.remove(frame.getLong("ref", -1L));
        if (!isNewest) {
            return;
        }
        if (room == null) {
            violation("error about no request: " + frame);
        } else {
            asked.remove(key(connection, room));
            joinAgain(connection, room, frame);
        }
    }

    private void joinAgain(ChaosConnection connection, String room, JsonObject error) {
        if (!error.getBoolean("retryable")) {
            violation("room " + room + " refused for good: " + error);
            return;
        }
        long delay = error.getLong("retryAfter", 1 + random.nextLong(DEFAULT_RETRY_MS));
        vertx.setTimer(Math.max(1, delay), t -> {
            if (connection == connection()) {
                join(connection, room);
            }
        });
    }

    private void join(ChaosConnection connection, String room) {
        @Nullable Point point = positions.get(room);
        if (point == null) {
            return;
        }
        asked.put(key(connection, room), point);
        joins.put(++ref, room);
        connection.send(new JsonObject()
                .put("type", "join")
                .put("ref", ref)
                .put("room", room)
                .put("position", Frames.position(point)));
    }

    private static String key(ChaosConnection connection, String room) {
        return connection.id() + ' ' + room;
    }
}
