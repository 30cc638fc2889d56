package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One client that stays in one room whatever happens to its node: it resumes elsewhere when its connection ends, obeys every advice,
 * and on {@code goaway} makes the new connection before it breaks the old one. Some publish as well.
 *
 * <p>It checks what the protocol promises: each connection brings the offsets behind its position one by one, and over all connections
 * every offset comes once, with the publication that the room's one publisher counted there.
 *
 * <p>Threading: on the loop. Limits: 8 faults are kept.
 */
final class StormMember {

    private static final int MAX_FAULTS = 8;
    private static final int WINDOW = 32;
    private static final long NANOS_PER_MS = 1_000_000L;
    private static final long BASE_BACKOFF_MS = 200;
    private static final long MAX_BACKOFF_MS = 5_000;
    private static final String RETRY_AFTER = "retry-after=";
    private static final int OVERLOADED = 4004;

    private final FlowLoop loop;
    private final List<Endpoint> endpoints;
    private final Random random;
    private final String room;
    private final StormTally tally;
    private final ArrayDeque<Long> unacknowledged = new ArrayDeque<>();
    private final List<String> faults = new ArrayList<>();
    private @Nullable ServerFrame session;
    private @Nullable Connection current;
    private @Nullable Connection next;
    private long attempt;
    private int failures;
    private String epoch = "";
    private long offset = -1;
    private long lostAtNanos;
    /** The connection that it had when the clients were last asked for what they counted. */
    private @Nullable Connection undisturbed;

    private long published;
    private boolean comingAgain;
    private boolean stopped;

    StormMember(FlowLoop loop, List<Endpoint> endpoints, String room, Random random, StormTally tally) {
        this.loop = loop;
        this.endpoints = endpoints;
        this.room = room;
        this.random = random;
        this.tally = tally;
    }

    /** One of its connections, of which two may be open for a moment. */
    private final class Connection implements FlowSocket.Listener {

        private final Endpoint endpoint;
        private final FlowSocket socket;
        private boolean welcome;
        private long cursor = -1;

        Connection(Endpoint endpoint) {
            this.endpoint = endpoint;
            this.socket = new FlowSocket(loop, FlowSocket.Options.to(endpoint), this);
        }

        @Override
        public void onOpen() {
            JsonObject join = new JsonObject().put("room", room);
            if (offset >= 0) {
                join.put("position", new JsonObject().put("epoch", epoch).put("offset", offset));
            } else {
                join.put("position", new JsonObject().put("offset", 0));
            }
            JsonObject hello = new JsonObject().put("type", "hello").put("rooms", new JsonArray().add(join));
            ServerFrame known = session;
            if (known != null) {
                hello.put(
                        "session",
                        new JsonObject()
                                .put("id", known.id)
                                .put("secret", known.secret)
                                .put("attempt", ++attempt));
            }
            cursor = offset;
            socket.send(hello.encode());
        }

        @Override
        public void onMessage(byte[] bytes, int from, int length) {
            ServerFrame.read(bytes, from, length, frame -> onFrame(this, frame));
        }

        @Override
        public void onEnd(int code, String reason) {
            StormMember.this.onEnd(this, code, reason);
        }
    }

    /** Opens its first connection. */
    void start() {
        lostAtNanos = System.nanoTime();
        current = new Connection(any(null));
    }

    /** Ends for good. */
    void stop() {
        stopped = true;
        if (current != null) {
            current.socket.abandon();
        }
        if (next != null) {
            next.socket.abandon();
        }
    }

    /** Asks its node for a sign of life, to see how long it takes. */
    void ping() {
        Connection open = current;
        if (open != null && open.welcome) {
            open.socket.send("{\"type\":\"ping\",\"time\":" + System.nanoTime() / NANOS_PER_MS + '}');
        }
    }

    /** Publishes one more, unless too many are unacknowledged. */
    void publish() {
        if (unacknowledged.size() < WINDOW && !stopped) {
            unacknowledged.addLast(++published);
            Connection open = publishing();
            if (open != null) {
                send(open, published);
            }
        }
    }

    boolean isWelcome() {
        return current != null && current.welcome;
    }

    /** From now on deliveries count as those of a member whose node is well, as long as the connection lasts. */
    void markUndisturbed() {
        undisturbed = current;
    }

    boolean isSettled() {
        return unacknowledged.isEmpty();
    }

    long published() {
        return published;
    }

    long offset() {
        return offset;
    }

    String room() {
        return room;
    }

    List<String> faults() {
        return faults;
    }

    String state() {
        return "room=" + room + " offset=" + offset + " unacknowledged=" + unacknowledged.size() + " welcome="
                + isWelcome() + " failures=" + failures;
    }

    /** From the hello on a newer connection on, publishes go there only. */
    private @Nullable Connection publishing() {
        Connection newest = next != null ? next : current;
        return newest != null && newest.welcome ? newest : null;
    }

    private void send(Connection to, long number) {
        to.socket.send("{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":" + number + ",\"first\":"
                + unacknowledged.element() + ",\"data\":{\"t\":" + System.nanoTime() + ",\"n\":" + number + "}}");
    }

    private Endpoint any(@Nullable Endpoint except) {
        List<Endpoint> others =
                endpoints.stream().filter(each -> !each.equals(except)).toList();
        return others.get(random.nextInt(others.size()));
    }

    private void onFrame(Connection from, ServerFrame frame) {
        switch (frame.type) {
            case "welcome" -> onWelcome(from, frame);
            case "publication" -> onPublication(from, frame);
            case "gap" -> fault("was told of a gap " + frame.reason + " " + frame.from + ".." + frame.to);
            case "ack" -> onAck(frame.number);
            case "pong" -> {
                if (from == undisturbed) {
                    tally.onPong(System.nanoTime() / NANOS_PER_MS - frame.time);
                }
            }
            case "goaway" -> onGoAway(from, frame);
            case "ping" -> from.socket.send("{\"type\":\"pong\",\"time\":" + frame.time + '}');
            case "error" -> onError(from, frame);
            default -> {
                // Nothing else is asked for.
            }
        }
    }

    private void onWelcome(Connection from, ServerFrame frame) {
        from.welcome = true;
        failures = 0;
        session = frame.session;
        ServerFrame joined = frame.rooms.get(0);
        if (joined.error != null) {
            // The room's log did not answer in time: the same again, elsewhere.
            tally.onUnavailableRoom();
            from.socket.abandon();
            onEnd(from, FlowSocket.NO_CLOSE_FRAME, "room unavailable");
            return;
        }
        boolean exact =
                joined.gap == null && joined.position != null && joined.position.offset == Math.max(0, from.cursor);
        tally.onWelcome(System.nanoTime() - lostAtNanos, exact, from.cursor >= 0);
        if (!exact) {
            fault("was not resumed where it was, " + from.cursor);
        }
        from.cursor = Math.max(0, from.cursor);
        offset = Math.max(0, offset);
        if (joined.position != null && epoch.isEmpty()) {
            epoch = joined.position.epoch;
        }
        if (from == next) {
            Connection old = current;
            current = from;
            next = null;
            if (old != null) {
                old.socket.abandon();
            }
        }
        for (long number : unacknowledged) {
            send(from, number);
        }
    }

    private void onPublication(Connection from, ServerFrame frame) {
        if (from != current && from != next) {
            return;
        }
        if (frame.offset != from.cursor + 1) {
            fault("got " + frame.offset + " behind " + from.cursor + " of one connection");
        }
        from.cursor = frame.offset;
        if (frame.offset <= offset) {
            tally.onRepeat();
            return;
        }
        if (frame.count != frame.offset) {
            fault("got number " + frame.count + " at offset " + frame.offset);
        }
        offset = frame.offset;
        if (!frame.epoch.isEmpty()) {
            epoch = frame.epoch;
        }
        // From its room's log on: an append that waits for a new owner is no delay of a delivery.
        tally.onDelivery(System.currentTimeMillis() - frame.time, from == undisturbed);
    }

    private void onAck(long number) {
        unacknowledged.remove(number);
    }

    private void onError(Connection from, ServerFrame frame) {
        tally.onError(frame.code);
        if (!unacknowledged.isEmpty() && frame.number == unacknowledged.element()) {
            loop.after(Math.max(100, frame.retryAfter) * NANOS_PER_MS, () -> {
                if (from == publishing()) {
                    for (long number : unacknowledged) {
                        send(from, number);
                    }
                }
            });
        }
    }

    private void onGoAway(Connection from, ServerFrame frame) {
        if (from != current) {
            return;
        }
        tally.onGoAway();
        loop.after(frame.after * NANOS_PER_MS, () -> {
            if (from == current && next == null && !stopped) {
                lostAtNanos = System.nanoTime();
                tally.onArrival();
                next = new Connection(any(from.endpoint));
            }
        });
    }

    private void onEnd(Connection ended, int code, String reason) {
        if (stopped || (ended != current && ended != next)) {
            return;
        }
        tally.onClose(code);
        if (ended == current) {
            current = null;
            if (ended.welcome) {
                lostAtNanos = System.nanoTime();
            }
        } else {
            next = null;
        }
        if (next == null && !comingAgain) {
            comingAgain = true;
            comeAgain(ended.endpoint, code, reason);
        }
    }

    /** A slot that a node told is one at that node; every other failure is a reason to try elsewhere. */
    private void comeAgain(Endpoint endpoint, int code, String reason) {
        long waitMs;
        if (reason.startsWith(RETRY_AFTER)) {
            waitMs = Long.parseLong(reason.substring(RETRY_AFTER.length()));
        } else {
            waitMs = random.nextLong(Math.min(MAX_BACKOFF_MS, BASE_BACKOFF_MS << Math.min(failures, 5)) + 1);
            failures++;
        }
        loop.after(waitMs * NANOS_PER_MS, () -> {
            comingAgain = false;
            if (stopped || next != null) {
                return;
            }
            tally.onArrival();
            Connection made = new Connection(code == OVERLOADED ? endpoint : any(endpoint));
            if (current == null) {
                current = made;
            } else {
                next = made;
            }
        });
    }

    private void fault(String what) {
        if (faults.size() < MAX_FAULTS) {
            faults.add(room + ": " + what);
        }
    }
}
