package io.rejoin.chaos.client;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A client with a session: connects to any node, resumes after every end, goes elsewhere when its node says so, and hops to another node
 * when told to, half of the time before it leaves the old one.
 *
 * <p>It maps what becomes of its requests to OK, FAIL (surely did not happen) and INFO (nobody will tell), and writes all of it into
 * the history.
 *
 * <p>Threading: event loop; made and called on the one loop of all clients.
 */
public abstract class ChaosClient implements ChaosConnection.Listener {

    private static final String REFRESH = "refresh-";
    private static final long BACKOFF_BASE_MS = 50;
    private static final long BACKOFF_MAX_MS = 1_000;

    final Vertx vertx;
    final String name;
    final History history;
    final RandomGenerator random;
    private final Reach reach;
    private final List<Endpoint> endpoints;
    private @Nullable ChaosConnection newest;
    private @Nullable ChaosConnection opening;
    private @Nullable ChaosConnection leaving;
    private @Nullable JsonObject session;
    private @Nullable String wanted;
    private long attempt;
    private int connections;
    private int refreshes;
    private int failures;
    private int goAways;
    private int lastEnd;
    private boolean toldToGo;
    private boolean ready;
    private boolean stopped;

    ChaosClient(Reach reach, String name, RandomGenerator random) {
        this.reach = reach;
        this.vertx = reach.vertx();
        this.endpoints = reach.endpoints();
        this.name = name;
        this.history = reach.history();
        this.random = random;
    }

    /** The rooms that the next hello joins. */
    abstract JsonArray helloRooms(ChaosConnection connection);

    /** The newest connection was welcomed. */
    abstract void onWelcome(ChaosConnection connection, JsonObject welcome, boolean newSession);

    /** A frame other than welcome arrived, on any connection that is not given up. */
    abstract void onOther(ChaosConnection connection, boolean isNewest, JsonObject frame);

    /** Connects for the first time. */
    public void start() {
        connect();
    }

    /** Changes to a random other node; does nothing while it is already changing. */
    public void hop() {
        ChaosConnection old = newest;
        if (stopped || opening != null || old == null || !ready) {
            return;
        }
        if (random.nextBoolean()) {
            connect();
        } else {
            newest = null;
            ready = false;
            old.abandon();
            connect();
        }
    }

    /** Changes to a random other node, and keeps the old connection until the new one is welcomed. */
    public void hopBeforeLeaving() {
        if (!stopped && opening == null && newest != null && ready) {
            connect();
        }
    }

    /**
     * Loses its connection without a close.
     *
     * @param node where it goes then; {@code null} for any
     */
    public void breakOff(@Nullable String node) {
        wanted = node;
        ChaosConnection connection = newest;
        if (connection != null) {
            connection.reset();
        }
    }

    /** Reads nothing from its newest connection. */
    public void stopReading() {
        ChaosConnection connection = connection();
        if (connection != null) {
            connection.stopReading();
        }
    }

    /** Reads on. */
    public void readOn() {
        if (newest != null) {
            newest.readOn();
        }
    }

    /** Leaves for good. */
    public void stop() {
        stopped = true;
        for (ChaosConnection connection : new ChaosConnection[] {newest, opening, leaving}) {
            if (connection != null) {
                connection.abandon();
            }
        }
    }

    /** Name of the client. */
    public String name() {
        return name;
    }

    /** How often a node sent it elsewhere. */
    public int goAways() {
        return goAways;
    }

    /** The code with which its newest connection ended last: 1006 when there was none, 0 when no node ended any. */
    public int lastEnd() {
        return lastEnd;
    }

    /** Whether its newest connection is welcomed. */
    public boolean isConnected() {
        return connection() != null;
    }

    /** The newest connection once it is welcomed. */
    final @Nullable ChaosConnection connection() {
        return ready ? newest : null;
    }

    /** Gives the newest connection up and resumes on another. */
    final void reconnect(ChaosConnection broken) {
        if (broken == newest || broken == opening) {
            broken.abandon();
        }
    }

    final void violation(String what) {
        history.add(at -> new Op.Violation(at, name, what));
    }

    @Override
    public void onOpen(ChaosConnection connection) {
        if (stopped || connection != opening) {
            connection.abandon();
            return;
        }
        opening = null;
        if (leaving != null) {
            leaving.abandon();
        }
        leaving = newest;
        newest = connection;
        ready = false;
        toldToGo = false;
        attempt++;
        JsonObject hello = reach.hello(name);
        if (session != null) {
            hello.put("session", session.copy().put("attempt", attempt));
        }
        connection.send(hello.put("rooms", helloRooms(connection))
                .put("client", new JsonObject().put("name", "chaos").put("version", "1")));
    }

    @Override
    public void onFrame(ChaosConnection connection, JsonObject frame) {
        if ("goaway".equals(frame.getString("type"))) {
            goAways++;
            if (connection == newest) {
                toldToGo = true;
                goElsewhere(connection, Math.max(1, frame.getLong("after")));
            }
        } else if ("refreshed".equals(frame.getString("type"))) {
            refreshLater(connection, frame.getLong("refreshAfter"));
        } else if (frame.getValue("ref") instanceof String ref && ref.startsWith(REFRESH)) {
            violation("token not taken: " + frame + " from " + connection.node());
        } else if (!"welcome".equals(frame.getString("type"))) {
            onOther(connection, connection == newest, frame);
        } else if (connection == newest) {
            welcome(connection, frame);
        }
    }

    @Override
    public void onEnd(ChaosConnection connection, int code, String reason) {
        if (connection == leaving) {
            leaving = null;
        }
        if (connection == opening) {
            opening = null;
            if (newest != null && toldToGo) {
                goElsewhere(newest, 1 + random.nextLong(BACKOFF_MAX_MS));
            }
        } else if (connection == newest) {
            newest = null;
            ready = false;
            lastEnd = code;
            if (code >= 4500 && code <= 4999) {
                violation("closed with " + code + " " + reason + " by " + connection.node());
            }
        } else {
            return;
        }
        if (!stopped && newest == null && opening == null) {
            long limit = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS << Math.min(failures++, 10));
            vertx.setTimer(1 + random.nextLong(limit), t -> {
                if (!stopped && newest == null && opening == null) {
                    connect();
                }
            });
        }
    }

    @Override
    public void onViolation(ChaosConnection connection, String what) {
        violation(what + " from " + connection.node());
    }

    /** New socket first: the old one serves until the new one is welcomed. */
    private void goElsewhere(ChaosConnection from, long afterMs) {
        vertx.setTimer(afterMs, t -> {
            if (!stopped && from == newest && opening == null) {
                connect();
            }
        });
    }

    private void connect() {
        String here = newest == null ? "" : newest.node();
        // A proxy is its own other: behind the same address is another node.
        List<Endpoint> others = endpoints.size() == 1
                ? endpoints
                : endpoints.stream().filter(e -> !e.node().equals(here)).toList();
        String there = wanted;
        wanted = null;
        Endpoint endpoint = endpoints.stream()
                .filter(e -> e.node().equals(there))
                .findFirst()
                .orElseGet(() -> others.get(random.nextInt(others.size())));
        connections++;
        ChaosConnection connection =
                new ChaosConnection(vertx, reach.sockets(), name + '#' + connections, endpoint, this);
        opening = connection;
        connection.open();
    }

    private void refreshLater(ChaosConnection connection, long afterMs) {
        Tokens tokens = reach.tokens();
        if (tokens == null) {
            violation("asked for another token where none was given, by " + connection.node());
            return;
        }
        vertx.setTimer(
                Math.max(1, afterMs),
                t -> connection.send(new JsonObject()
                        .put("type", "refresh")
                        .put("ref", REFRESH + ++refreshes)
                        .put("token", tokens.issue(name))));
    }

    private void welcome(ChaosConnection connection, JsonObject welcome) {
        JsonObject told = welcome.getJsonObject("session");
        JsonObject mine = session;
        boolean same = mine != null && told.getString("id").equals(mine.getString("id"));
        boolean resumed = told.getBoolean("resumed");
        history.add(at -> new Op.Welcome(at, name, welcome.getString("node"), mine != null, resumed, same));
        session = new JsonObject().put("id", told.getString("id")).put("secret", told.getString("secret"));
        failures = 0;
        ready = true;
        Long refreshAfter = welcome.getLong("refreshAfter");
        if (refreshAfter != null) {
            refreshLater(connection, refreshAfter);
        }
        if (leaving != null) {
            leaving.abandon();
        }
        onWelcome(connection, welcome, !same);
    }
}
