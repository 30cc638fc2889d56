package io.rejoin.chaos.client;

import io.rejoin.chaos.history.Keys;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Publishes numbered values to its rooms, many in flight, and resends what is not acknowledged after every reconnect, to whichever
 * node, as "A client must" 3 and 4 say. Now and then it also repeats a number that was acknowledged: the answer must be the same.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
public final class ChaosPublisher extends ChaosClient {

    private static final String CONFLATED = "conflated";
    private static final int HOT_PERCENT = 75;
    private static final long DEFAULT_RETRY_MS = 200;
    private static final long ANSWER_LIMIT_NANOS = 20_000_000_000L;

    private final Map<String, Outbox> rooms = new TreeMap<>();
    private final List<String> names;
    private final int hot;
    private final int maxPending;
    private final Map<Long, Sending> sendings = new HashMap<>();
    private final Set<Long> echoes = new HashSet<>();
    private long sequence;
    private long ref;
    private long windowNanos = Long.MAX_VALUE;
    private int inflight = 1;
    private int pending;

    /**
     * Makes one.
     *
     * @param rooms where it publishes
     * @param hot how many of them, the first ones, get most of what it publishes
     * @param maxPending most publishes without outcome; the node's {@code limits.inflight} may be lower
     */
    public ChaosPublisher(
            Reach reach, String name, List<String> rooms, int hot, int maxPending, RandomGenerator random) {
        super(reach, name, random);
        this.names = List.copyOf(rooms);
        this.hot = hot;
        this.maxPending = maxPending;
        rooms.forEach(room -> this.rooms.put(room, new Outbox(room)));
    }

    /** Publishes up to so many values to random rooms, as far as its bounds allow; half of the time in one message. */
    public void publish(int count) {
        ChaosConnection connection = connection();
        JsonArray frames = new JsonArray();
        for (int i = 0; i < count && connection != null && pending < Math.min(maxPending, inflight); i++) {
            Outbox room = outbox(names.get(random.nextInt(isForHot() ? hot : names.size())));
            if (room.waiting) {
                continue;
            }
            Publish publish = new Publish(room, room.next++, name + '.' + ++sequence);
            room.queue.add(publish);
            pending++;
            frames.add(frame(publish));
        }
        if (connection != null && !frames.isEmpty()) {
            send(connection, frames);
        }
    }

    private boolean isForHot() {
        return hot > 0 && random.nextInt(100) < HOT_PERCENT;
    }

    /** Publishes without outcome. */
    public int pending() {
        return pending;
    }

    /** What it waits for, for a report. */
    public String pendingText() {
        StringBuilder text = new StringBuilder(name);
        for (Outbox room : rooms.values()) {
            Publish head = room.queue.peek();
            if (head != null) {
                text.append(' ').append(room.name).append(" from number ").append(head.number);
                text.append(" (").append(room.queue.size()).append(')');
            }
        }
        return text.toString();
    }

    /** Gives up a connection on which an answer is overdue: each durable publish is answered within 15 s. */
    public void checkAnswers() {
        ChaosConnection connection = connection();
        if (connection == null) {
            return;
        }
        long now = System.nanoTime();
        for (Outbox room : rooms.values()) {
            Publish head = room.queue.peek();
            if (head != null && !room.waiting && now - head.sentAt > ANSWER_LIMIT_NANOS) {
                violation("no answer in 20 s to number " + head.number + " of " + room.name + " from "
                        + connection.node());
                reconnect(connection);
                return;
            }
        }
    }

    @Override
    JsonArray helloRooms(ChaosConnection connection) {
        return new JsonArray();
    }

    @Override
    void onWelcome(ChaosConnection connection, JsonObject welcome, boolean newSession) {
        windowNanos = welcome.getJsonObject("session").getLong("window") * 1_000_000;
        inflight = welcome.getJsonObject("limits").getInteger("inflight");
        sendings.clear();
        echoes.clear();
        for (Outbox room : rooms.values()) {
            room.waiting = false;
            if (newSession) {
                giveUp(room, "new session");
                room.next = 1;
                room.acked = null;
            }
            resend(connection, room, random.nextInt(4) == 0);
        }
    }

    @Override
    void onOther(ChaosConnection connection, boolean isNewest, JsonObject frame) {
        String type = frame.getString("type");
        if ("ack".equals(type)) {
            long answered = frame.getLong("ref", -1L);
            sendings.remove(answered);
            echoes.remove(answered);
            ack(connection, frame);
        } else if ("error".equals(type)) {
            if (isNewest) {
                error(connection, frame);
            }
        } else {
            violation(type + " to a client without rooms: " + frame);
        }
    }

    private void ack(ChaosConnection connection, JsonObject frame) {
        Outbox room = rooms.get(frame.getString("room"));
        if (room == null) {
            violation("ack for a room without publishes: " + frame);
            return;
        }
        long number = frame.getLong("number");
        Point point = Frames.position(frame);
        Publish publish = room.find(number);
        if (publish == null) {
            Acked acked = room.acked;
            if (point != null && acked != null && acked.number == number) {
                history.add(at -> new Op.Ack(at, name, room.name, acked.value, number, point, connection.node()));
            }
            return;
        }
        room.queue.remove(publish);
        pending--;
        if (point != null) {
            room.acked = new Acked(number, publish.value);
            history.add(at -> new Op.Ack(at, name, room.name, publish.value, number, point, connection.node()));
        } else if (publish.skip) {
            history.add(at -> new Op.Fail(at, name, room.name, publish.value, number, "skipped"));
        } else {
            violation("ack without position: " + frame);
            history.add(at -> new Op.Unknown(at, name, room.name, publish.value, number, "ack without position"));
        }
    }

    private void error(ChaosConnection connection, JsonObject frame) {
        long answered = frame.getLong("ref", -1L);
        Sending sending = sendings.remove(answered);
        if (echoes.remove(answered)) {
            return;
        }
        if (sending == null) {
            violation("error about no publish of this connection: " + frame);
            return;
        }
        Outbox room = sending.publish.room;
        // Errors about higher numbers, and about a sending that was repeated since, need nothing.
        if (room.queue.peek() != sending.publish || sending.publish.ref != sending.ref || room.waiting) {
            return;
        }
        if (frame.getBoolean("retryable")) {
            room.waiting = true;
            long delay = frame.getLong("retryAfter", 1 + random.nextLong(DEFAULT_RETRY_MS));
            vertx.setTimer(Math.max(1, delay), t -> {
                if (room.waiting && connection == connection()) {
                    room.waiting = false;
                    resend(connection, room, false);
                }
            });
        } else {
            violation("refused for good: " + frame);
            sending.publish.skip = true;
            resend(connection, room, false);
        }
    }

    private void resend(ChaosConnection connection, Outbox room, boolean echo) {
        giveUpOld(room);
        JsonArray frames = new JsonArray();
        Acked acked = room.acked;
        if (echo && acked != null) {
            echoes.add(++ref);
            history.add(at -> new Op.Send(at, name, room.name, acked.value, acked.number, true));
            frames.add(new JsonObject()
                    .put("type", "publish")
                    .put("ref", ref)
                    .put("room", room.name)
                    .put("number", acked.number));
            withData(frames.getJsonObject(frames.size() - 1), room.name, acked.value);
        }
        for (Publish publish : room.queue) {
            frames.add(frame(publish));
        }
        if (!frames.isEmpty()) {
            send(connection, frames);
        }
    }

    private JsonObject frame(Publish publish) {
        long now = System.nanoTime();
        boolean again = publish.ref > 0;
        if (!again) {
            publish.firstSentAt = now;
        }
        publish.sentAt = now;
        publish.ref = ++ref;
        sendings.put(publish.ref, new Sending(publish, publish.ref));
        Outbox room = publish.room;
        history.add(at -> new Op.Send(at, name, room.name, publish.value, publish.number, again));
        JsonObject frame = new JsonObject()
                .put("type", "publish")
                .put("ref", publish.ref)
                .put("room", room.name)
                .put("number", publish.number)
                .put("first", room.first());
        if (publish.skip) {
            return frame.put("skip", true);
        }
        return withData(frame, room.name, publish.value);
    }

    /** Rooms whose names tell that they are conflated get a key. */
    private static JsonObject withData(JsonObject frame, String room, String value) {
        if (room.contains(CONFLATED)) {
            frame.put("key", Keys.of(value));
        }
        return frame.put("data", value);
    }

    private void send(ChaosConnection connection, JsonArray frames) {
        if (random.nextBoolean()) {
            connection.send(frames);
        } else {
            for (int i = 0; i < frames.size(); i++) {
                connection.send(frames.getJsonObject(i));
            }
        }
    }

    private void giveUpOld(Outbox room) {
        long now = System.nanoTime();
        for (Publish head = room.queue.peek();
                head != null && now - head.firstSentAt > windowNanos;
                head = room.queue.peek()) {
            giveUp(room, room.queue.remove(), "older than the window");
        }
    }

    private void giveUp(Outbox room, String reason) {
        while (!room.queue.isEmpty()) {
            giveUp(room, room.queue.remove(), reason);
        }
    }

    private void giveUp(Outbox room, Publish publish, String reason) {
        pending--;
        history.add(at -> new Op.Unknown(at, name, room.name, publish.value, publish.number, reason));
    }

    private Outbox outbox(String room) {
        return rooms.computeIfAbsent(room, Outbox::new);
    }

    private static final class Outbox {
        final String name;
        /** Without outcome, by number. */
        final ArrayDeque<Publish> queue = new ArrayDeque<>();

        long next = 1;
        /** The last one acknowledged. */
        @Nullable
        Acked acked;
        /** Whether a retry is due: nothing is sent until then. */
        boolean waiting;

        Outbox(String name) {
            this.name = name;
        }

        long first() {
            Publish head = queue.peek();
            return head == null ? next : head.number;
        }

        @Nullable
        Publish find(long number) {
            Iterator<Publish> publishes = queue.iterator();
            while (publishes.hasNext()) {
                Publish publish = publishes.next();
                if (publish.number == number) {
                    return publish;
                }
            }
            return null;
        }
    }

    private static final class Publish {
        final Outbox room;
        final long number;
        final String value;
        long firstSentAt;
        long sentAt;
        long ref;
        boolean skip;

        Publish(Outbox room, long number, String value) {
            this.room = room;
            this.number = number;
            this.value = value;
        }
    }

    private record Sending(Publish publish, long ref) {}

    private record Acked(long number, String value) {}
}
