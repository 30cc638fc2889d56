package io.rejoin.room;

import io.rejoin.testing.JsonTree;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.value.Position;
import io.rejoin.value.SessionId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps to the contract: it resumes with its positions, numbers its publishes, resends those that nobody acknowledged, raises
 * its attempt, and goes to another node when one is lost.
 */
final class SimulatedClient {

    static final int MOST_PENDING = 6;

    private static final long WELCOME_LIMIT_MS = 6_000;
    private static final long SILENCE_MS = 4_000;

    private final String name;
    private final Simulation world;
    private final ManualScheduler scheduler;
    private final Choices choices;
    private final Truth truth;
    private final ClientView view;
    private final TreeMap<Long, Publish> pending = new TreeMap<>();
    private final Map<Long, Long> errors = new HashMap<>();
    private final List<Publish> all = new ArrayList<>();
    private final List<SimulatedConnection> silentlyLeft = new ArrayList<>();
    private @Nullable SimulatedConnection connection;
    private @Nullable String session;
    private @Nullable String secret;
    private List<SimulatedNode> recordHolders = List.of();
    private long welcomedAt = Long.MIN_VALUE / 2;
    private long attempt;
    private boolean welcomed;
    private boolean claimed;
    private boolean sentBehindHello;
    private boolean wantsRoom = true;
    private boolean joined;
    private boolean joining;
    private ClientView.Asked asked = new ClientView.Asked(Position.START, 0, false);
    private long next = 1;
    private int trial;
    private boolean resending;
    private boolean probeJoined;
    private int probed;

    /** One publish, under one number for ever. */
    static final class Publish {
        private final int id;
        private final long number;
        private final @Nullable String key;
        private long sentOrder;
        private long firstSentMs = -1;
        private boolean givenUp;
        private boolean unknown;
        private long ackedOrder;
        private @Nullable Position position;

        Publish(int id, long number, @Nullable String key) {
            this.id = id;
            this.number = number;
            this.key = key;
        }

        int id() {
            return id;
        }

        long number() {
            return number;
        }

        /** When it was first sent, in the order of all that happened; 0 for never. */
        long sentOrder() {
            return sentOrder;
        }

        /** When it was acknowledged; 0 for never. */
        long ackedOrder() {
            return ackedOrder;
        }

        @Nullable
        Position position() {
            return position;
        }

        /** Whether it was acknowledged as one that was never applied. */
        boolean isSkipped() {
            return ackedOrder > 0 && position == null;
        }
    }

    SimulatedClient(String name, Simulation world, Truth truth, ClientView view) {
        this.name = name;
        this.world = world;
        this.scheduler = world.scheduler();
        this.choices = world.choices();
        this.truth = truth;
        this.view = view;
    }

    ClientView view() {
        return view;
    }

    List<Publish> publishes() {
        return all;
    }

    @Nullable
    SimulatedConnection connection() {
        return connection;
    }

    // Connections

    /** Opens a connection to the node at a place, whatever becomes of the one before. */
    void connect(int place, boolean silently) {
        SimulatedConnection before = connection;
        if (before != null) {
            before.leave(silently);
            if (silently && (welcomed || claimed)) {
                silentlyLeft.add(before);
            }
        }
        connection = null;
        welcomed = false;
        joined = false;
        joining = false;
        int mine = ++trial;
        SimulatedNode node = world.cluster().at(place);
        boolean accepts = node.isAlive() && node.isJoined() && node.seesMajority();
        if (!accepts) {
            scheduler.after(150, () -> {
                if (mine == trial) {
                    connect(elsewhere(place), false);
                }
            });
            return;
        }
        SimulatedConnection opened = world.open(node, this);
        connection = opened;
        attempt++;
        errors.clear();
        resending = false;
        claimed = session != null;
        opened.open();
        opened.fromClient(hello());
        sentBehindHello = session != null && choices.oneIn(2);
        if (sentBehindHello) {
            resend();
        }
        scheduler.after(WELCOME_LIMIT_MS, () -> {
            if (mine == trial && !welcomed) {
                connect(elsewhere(place), false);
            }
        });
    }

    private int elsewhere(int place) {
        int nodes = world.cluster().nodes().size();
        return (place + 1 + choices.pick(nodes)) % nodes;
    }

    private String hello() {
        StringBuilder hello = new StringBuilder("{\"type\":\"hello\"");
        if (session != null) {
            hello.append(",\"session\":{\"id\":\"")
                    .append(session)
                    .append("\",\"secret\":\"")
                    .append(secret)
                    .append("\",\"attempt\":")
                    .append(attempt)
                    .append('}');
        }
        if (wantsRoom) {
            decideWhatToAsk();
            joining = true;
            hello.append(",\"rooms\":[{").append(asked.json()).append("}]");
        }
        return hello.append('}').toString();
    }

    private void decideWhatToAsk() {
        int what = choices.pick(8);
        boolean latest = choices.oneIn(4);
        Position known = view.position();
        if (what < 5) {
            asked = new ClientView.Asked(known == null ? Position.START : known, 0, latest);
        } else if (what == 7) {
            asked = new ClientView.Asked(Position.START, 0, latest);
        } else {
            asked = new ClientView.Asked(null, what == 5 ? 0 : 1 + choices.pick(9), latest);
        }
    }

    /** Goes elsewhere when its node has been silent for long, as heartbeats would tell. */
    void watch() {
        SimulatedConnection open = connection;
        if (open == null) {
            return;
        }
        SimulatedNode node = open.node();
        if (node.isFrozen() && scheduler.millis() - node.frozenAt() > SILENCE_MS) {
            world.count("client left a silent node");
            connect(elsewhere(node.place()), true);
        }
    }

    void onClosed(SimulatedConnection closed, int code) {
        if (closed != connection) {
            return;
        }
        world.count("closed " + code);
        view.note("closed " + code);
        if (code >= 4500 && code < 5000) {
            throw new Violation("a client that keeps to the contract is not told to stop", name + " got close " + code);
        }
        connection = null;
        welcomed = false;
        joined = false;
        int mine = ++trial;
        scheduler.after(20 + 30L * choices.pick(20), () -> {
            if (mine == trial) {
                connect(
                        elsewhere(
                                closed.node().place() + world.cluster().nodes().size() - 1),
                        false);
            }
        });
    }

    // Rooms

    void leaveOrJoin() {
        if (!welcomed || joining) {
            return;
        }
        if (joined) {
            wantsRoom = false;
            say("{\"type\":\"leave\",\"room\":\"" + Simulation.LOBBY.name() + "\"}");
        } else {
            wantsRoom = true;
            join();
        }
    }

    private void join() {
        if (welcomed && !joined && !joining && wantsRoom) {
            decideWhatToAsk();
            joining = true;
            say("{\"type\":\"join\",\"ref\":1," + asked.json() + "}");
        }
    }

    void askHistory() {
        if (welcomed) {
            Position after = choices.oneIn(2) ? view.position() : null;
            String where = after == null ? "" : ",\"after\":" + ClientView.positionJson(after);
            say("{\"type\":\"history\",\"ref\":2,\"room\":\"" + Simulation.LOBBY.name() + "\"" + where
                    + ",\"limit\":5}");
        }
    }

    private void say(String frame) {
        if (connection != null) {
            connection.fromClient(frame);
        }
    }

    // Publishing

    void publish(int count) {
        for (int i = 0; i < count && pending.size() < MOST_PENDING; i++) {
            int id = world.nextPublish();
            Publish publish = new Publish(id, next++, id % 4 == 0 ? null : "k" + id % 3);
            pending.put(publish.number, publish);
            all.add(publish);
            if (welcomed || (connection != null && sentBehindHello)) {
                send(publish);
            }
        }
    }

    /** Gives the lowest number up that nobody acknowledged. */
    void giveUp() {
        if (welcomed && !pending.isEmpty()) {
            Publish lowest = pending.firstEntry().getValue();
            lowest.givenUp = true;
            send(lowest);
        }
    }

    private void resend() {
        pending.values().removeIf(publish -> {
            publish.unknown =
                    publish.firstSentMs >= 0 && scheduler.millis() - publish.firstSentMs > Simulation.WINDOW.toMillis();
            return publish.unknown;
        });
        List.copyOf(pending.values()).forEach(this::send);
    }

    private void send(Publish publish) {
        if (publish.sentOrder == 0) {
            publish.sentOrder = world.nextOrder();
            publish.firstSentMs = scheduler.millis();
        } else {
            world.count("publish sent again");
        }
        String body = publish.givenUp
                ? ",\"skip\":true"
                : ",\"data\":" + publish.id + (publish.key == null ? "" : ",\"key\":\"" + publish.key + "\"");
        say("{\"type\":\"publish\",\"room\":\"" + Simulation.LOBBY.name() + "\",\"number\":" + publish.number
                + ",\"first\":" + pending.firstKey() + body + "}");
    }

    private void onAck(Map<String, Object> ack) {
        long number = ClientView.number(ack, "number");
        Object told = ack.get("position");
        Position position = told == null ? null : ClientView.position(told);
        Publish publish = all.get((int) number - 1);
        if (position != null) {
            Taken taken = truth.acknowledgedAt(position, name + " got an ack");
            boolean isOwn = taken.draft() != null
                    && Integer.toString(publish.id)
                            .equals(new String(taken.draft().data().json(), StandardCharsets.UTF_8));
            if (!isOwn) {
                throw new Violation(
                        "a number stands for one publish", name + " got an ack of " + number + " at " + taken);
            }
        } else if (!publish.givenUp) {
            throw new Violation("an ack tells the place", name + " got none for " + number);
        }
        boolean movedOn =
                publish.position != null && !publish.position.equals(position) && !truth.mayBeLost(publish.position);
        if (movedOn) {
            throw new Violation(
                    "a publish takes effect once",
                    name + " got acks of " + number + " at " + publish.position + " and at " + position);
        }
        if (publish.ackedOrder == 0) {
            publish.ackedOrder = world.nextOrder();
        }
        publish.position = position;
        pending.remove(number);
        world.count(position == null ? "number given up" : "acknowledged");
        lookAtLowest();
    }

    private void onError(Map<String, Object> error) {
        String code = (String) error.get("code");
        world.count("error " + code);
        long number = ClientView.number(error, "number");
        if (number > 0) {
            requireRetryable(error);
            errors.put(number, ClientView.number(error, "retryAfter"));
            lookAtLowest();
        } else if (joining && error.get("ref") instanceof JsonTree.Num ref && ref.asLong() == 1) {
            joining = false;
            joinLater(error);
        }
    }

    private void requireRetryable(Map<String, Object> error) {
        if (!Boolean.TRUE.equals(error.get("retryable"))) {
            throw new Violation("a client that keeps to the contract is not refused", name + " got " + error);
        }
    }

    /** Only an error about the lowest number counts, after its time. */
    private void lookAtLowest() {
        Long retryAfterMs = pending.isEmpty() ? null : errors.get(pending.firstKey());
        if (retryAfterMs == null || resending) {
            return;
        }
        resending = true;
        int mine = trial;
        scheduler.after(Math.max(50, retryAfterMs), () -> {
            if (mine == trial && welcomed) {
                resending = false;
                errors.clear();
                resend();
            }
        });
    }

    // What it is told

    void onFrame(SimulatedConnection from, String text) {
        if (from != connection) {
            return;
        }
        Map<String, Object> frame = JsonTree.parseObject(text);
        String type = (String) frame.get("type");
        boolean isProbe = Simulation.PROBE.name().equals(frame.get("room"));
        if (isProbe) {
            onProbe(type);
            return;
        }
        switch (type) {
            case "welcome" -> onWelcome(frame);
            case "joined" -> onJoined(frame);
            case "publication" -> {
                requireMember(frame);
                view.onPublication(frame);
            }
            case "gap" -> {
                requireMember(frame);
                view.onGap(frame, ClientView.position(frame.get("position")));
            }
            case "ack" -> onAck(frame);
            case "error" -> onError(frame);
            case "left" -> {
                joined = false;
                view.note("left");
            }
            case "history" -> onHistory(frame);
            default -> throw new Violation("frames are of the contract", name + " got " + frame);
        }
    }

    private void requireMember(Map<String, Object> frame) {
        if (!joined) {
            throw new Violation("nothing comes before joined and after left", name + " got " + frame);
        }
    }

    private void onWelcome(Map<String, Object> frame) {
        Map<?, ?> told = (Map<?, ?>) frame.get("session");
        boolean resumed = Boolean.TRUE.equals(told.get("resumed"));
        if (session != null && !session.equals(told.get("id"))) {
            throw new Violation("a session keeps its id", name + " had " + session + " and got " + told);
        }
        boolean isDue = scheduler.millis() - welcomedAt < Simulation.WINDOW.toMillis();
        boolean mayBeLost = world.cluster().hasLost(1)
                || (!recordHolders.isEmpty() && recordHolders.stream().allMatch(SimulatedNode::isGone))
                || world.cluster().mayBeLost(recordHolders);
        if (isDue && !resumed && !mayBeLost) {
            throw new Violation(
                    "a session is resumed within its window",
                    name + " was welcomed " + (scheduler.millis() - welcomedAt) + " ms before and not resumed");
        }
        world.count(resumed ? "session resumed" : "session new");
        session = (String) told.get("id");
        secret = (String) told.get("secret");
        welcomedAt = scheduler.millis();
        welcomed = true;
        recordHolders = world.cluster().holdersOf(new SessionId(session));
        for (Object room : (List<?>) frame.get("rooms")) {
            onJoinedInWelcome(room);
        }
        if (!sentBehindHello) {
            resend();
        }
        if (wantsRoom && !joined) {
            join();
        }
    }

    @SuppressWarnings("unchecked")
    private void onJoinedInWelcome(Object room) {
        Map<String, Object> result = (Map<String, Object>) room;
        if (result.containsKey("error")) {
            joining = false;
            joinLater((Map<String, Object>) result.get("error"));
        } else {
            onJoined(result);
        }
    }

    private void onJoined(Map<String, Object> frame) {
        joining = false;
        joined = true;
        view.onJoined(asked, frame);
    }

    private void joinLater(Map<String, Object> error) {
        requireRetryable(error);
        world.count("join refused");
        int mine = trial;
        scheduler.after(Math.max(100, ClientView.number(error, "retryAfter")), () -> {
            if (mine == trial) {
                join();
            }
        });
    }

    private void onHistory(Map<String, Object> page) {
        world.count("history page");
        Position previous = null;
        for (Object each : (List<?>) page.get("publications")) {
            @SuppressWarnings("unchecked")
            Map<String, Object> frame = (Map<String, Object>) each;
            String epoch = (String) frame.get("epoch");
            Position place = new Position(
                    epoch == null ? previous.epoch() : io.rejoin.value.Epoch.parse(epoch),
                    ClientView.number(frame, "offset"));
            Taken taken = truth.acknowledgedAt(place, name + " got a page");
            boolean follows = previous == null || taken.before().position().equals(previous);
            if (!follows || !ClientView.isOf(taken, frame)) {
                throw new Violation("a page is a piece of the log", name + " got " + frame + " behind " + previous);
            }
            previous = place;
        }
        truth.acknowledgedAt(ClientView.position(page.get("position")), name + " got a page");
    }

    // The end

    /** From now on it wants to be a member, reads, and asks for nothing new. */
    void settle() {
        wantsRoom = true;
        if (connection == null) {
            return;
        }
        connection.clientReads(true);
        join();
    }

    /** Whether it is a member, and all it published is settled. */
    boolean isSettled() {
        return welcomed && joined && pending.isEmpty();
    }

    String state() {
        return name + " " + connection + (welcomed ? " welcomed" : "") + (joined ? " joined" : "") + " at "
                + view.position() + " pending " + pending.keySet() + " errors " + errors;
    }

    void joinProbe() {
        say("{\"type\":\"join\",\"ref\":3,\"room\":\"" + Simulation.PROBE.name() + "\"}");
    }

    void publishProbe() {
        say("{\"type\":\"publish\",\"room\":\"" + Simulation.PROBE.name() + "\",\"number\":1,\"first\":1,\"data\":0}");
    }

    private void onProbe(String type) {
        probeJoined |= type.equals("joined");
        probed += type.equals("publication") ? 1 : 0;
    }

    boolean hasJoinedProbe() {
        return probeJoined;
    }

    int probed() {
        return probed;
    }

    /** A connection whose end was never seen is closed once another one owns the session. */
    void assertOneConnection() {
        for (SimulatedConnection left : silentlyLeft) {
            if (left.isOpenAtNode()) {
                throw new Violation("a session has one connection", name + " still has the older " + left);
            }
        }
    }
}
