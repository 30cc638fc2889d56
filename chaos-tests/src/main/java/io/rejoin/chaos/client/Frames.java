package io.rejoin.chaos.client;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** Reads and writes the members that many frames share. */
final class Frames {

    private Frames() {}

    /** A position; {@code null} when the frame has none. */
    static @Nullable Point position(JsonObject frame) {
        JsonObject position = frame.getJsonObject("position");
        return position == null ? null : new Point(position.getString("epoch"), position.getLong("offset"));
    }

    static JsonObject position(Point point) {
        JsonObject position = new JsonObject();
        if (!point.epoch().isEmpty()) {
            position.put("epoch", point.epoch());
        }
        return position.put("offset", point.offset());
    }

    static Op.Bounds bounds(JsonObject gap) {
        return new Op.Bounds(gap.getString("reason"), gap.getLong("from", -1L), gap.getLong("to", -1L));
    }
}
