package io.rejoin.chaos.client;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads rooms through one node, page by page, from the oldest retained publication to the head: at rest, or while the load goes on.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
public final class RoomReader implements ChaosConnection.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(RoomReader.class);
    private static final int PAGE = 1_000;
    private static final long RETRY_MS = 250;
    private static final int FINAL_RETRIES = 240;
    private static final int REPLAY_RETRIES = 4;

    private final Reach reach;
    private final ChaosConnection connection;
    private final Deque<String> rooms;
    private final int mostRetries;
    private final Sink sink;
    private final Promise<Void> done = Promise.promise();
    private boolean begun;
    private Point after = Point.START;
    private long skipped;
    private String epoch = "";
    private int retries;
    private long ref;

    private RoomReader(Reach reach, Endpoint endpoint, String name, List<String> rooms, int mostRetries, Sink sink) {
        this.reach = reach;
        this.rooms = new ArrayDeque<>(rooms);
        this.mostRetries = mostRetries;
        this.sink = sink;
        this.connection = new ChaosConnection(reach.vertx(), reach.sockets(), name, endpoint, this);
    }

    /**
     * Reads all of the rooms through one node of a cluster at rest, as final reads of the history.
     *
     * @return fails when the node does not give them
     */
    public static Future<Void> read(Reach reach, Endpoint endpoint, List<String> rooms) {
        Sink sink = new FinalReads(endpoint.node(), reach.history());
        return new RoomReader(reach, endpoint, "read-" + endpoint.node(), rooms, FINAL_RETRIES, sink).start();
    }

    /**
     * Reads one room through one node while the load goes on, as a stream of the history.
     *
     * @param name of the client, who does nothing else
     * @return fails when the node does not give it all, which is no fault
     */
    public static Future<Void> replay(Reach reach, Endpoint endpoint, String name, String room) {
        String stream = name + "#1";
        Sink sink = new Replay(stream, reach.history());
        return new RoomReader(reach, endpoint, stream, List.of(room), REPLAY_RETRIES, sink).start();
    }

    private Future<Void> start() {
        connection.open();
        return done.future();
    }

    @Override
    public void onOpen(ChaosConnection opened) {
        opened.send(reach.hello("reader"));
    }

    @Override
    public void onFrame(ChaosConnection from, JsonObject frame) {
        switch (String.valueOf(frame.getString("type"))) {
            case "welcome" -> ask();
            case "history" -> page(frame);
            case "error" -> {
                if (frame.getBoolean("retryable") && retries++ < mostRetries) {
                    reach.vertx().setTimer(frame.getLong("retryAfter", RETRY_MS), t -> ask());
                } else {
                    done.tryFail("history of " + rooms.peek() + " through " + from.node() + ": " + frame);
                    from.abandon();
                }
            }
            case "goaway" -> LOG.debug("reader stays until the node ends it reader={}", from.id());
            default -> onViolation(from, "not for a reader: " + frame);
        }
    }

    @Override
    public void onEnd(ChaosConnection ended, int code, String reason) {
        done.tryFail("connection to " + ended.node() + " closed with " + code + " " + reason + " while reading");
    }

    @Override
    public void onViolation(ChaosConnection from, String what) {
        reach.history().add(at -> new Op.Violation(at, from.id(), what));
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
        JsonArray publications = frame.getJsonArray("publications");
        JsonObject told = frame.getJsonObject("gap");
        if (told != null) {
            Op.Bounds gap = Frames.bounds(told);
            long to = gap.to() >= 0
                    ? gap.to()
                    : publications.isEmpty()
                            ? position.offset()
                            : publications.getJsonObject(0).getLong("offset") - 1;
            skipped = Math.max(skipped, gap.to());
            Point point = new Point(position.epoch(), to);
            if (begun) {
                sink.gap(room, gap, point);
            } else {
                sink.begin(room, point, gap);
            }
        } else if (!begun) {
            sink.begin(room, after, null);
        }
        begun = true;
        for (int i = 0; i < publications.size(); i++) {
            JsonObject publication = publications.getJsonObject(i);
            epoch = publication.getString("epoch", i == 0 ? "" : epoch);
            sink.publication(room, new Point(epoch, publication.getLong("offset")), publication.getString("data"));
        }
        after = position;
        if (!frame.getBoolean("more")) {
            sink.end(room, skipped, position);
            rooms.remove();
            after = Point.START;
            skipped = 0;
            begun = false;
        }
        ask();
    }

    /** What becomes of what was read. */
    private interface Sink {

        void begin(String room, Point point, Op.@Nullable Bounds gap);

        void gap(String room, Op.Bounds gap, Point point);

        void publication(String room, Point point, String value);

        void end(String room, long skipped, Point head);
    }

    private record FinalReads(String node, History history) implements Sink {

        @Override
        public void begin(String room, Point point, Op.@Nullable Bounds gap) {}

        @Override
        public void gap(String room, Op.Bounds gap, Point point) {
            history.add(at ->
                    new Op.Violation(at, "read-" + node, "gap in the middle of a quiet log: " + room + ' ' + gap));
        }

        @Override
        public void publication(String room, Point point, String value) {
            history.add(at -> new Op.Read(at, node, room, point, value));
        }

        @Override
        public void end(String room, long skipped, Point head) {
            history.add(at -> new Op.ReadEnd(at, node, room, skipped, head));
        }
    }

    private record Replay(String stream, History history) implements Sink {

        @Override
        public void begin(String room, Point point, Op.@Nullable Bounds gap) {
            String outcome = gap == null ? "resumed" : "gap";
            history.add(at -> new Op.Joined(at, stream, room, Point.START, point, outcome, gap));
        }

        @Override
        public void gap(String room, Op.Bounds gap, Point point) {
            history.add(at -> new Op.Gap(at, stream, room, gap, point));
        }

        @Override
        public void publication(String room, Point point, String value) {
            history.add(at -> new Op.Delivery(at, stream, room, point, value));
        }

        @Override
        public void end(String room, long skipped, Point head) {}
    }
}
