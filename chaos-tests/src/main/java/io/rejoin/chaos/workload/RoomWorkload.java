package io.rejoin.chaos.workload;

import io.rejoin.chaos.client.ChaosClient;
import io.rejoin.chaos.client.ChaosPublisher;
import io.rejoin.chaos.client.ChaosSubscriber;
import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.client.Reach;
import io.rejoin.chaos.client.RoomReader;
import io.rejoin.chaos.client.Tokens;
import io.rejoin.chaos.history.History;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.WebSocketClientOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishers and subscribers of some rooms, which also hop between nodes at random times.
 *
 * <p>All clients run on one event loop: so the history is in the order in which things were sent and seen, over all clients.
 *
 * <p>Threading: to be called from one thread that is not the loop; methods wait for the loop.
 */
public final class RoomWorkload implements AutoCloseable {

    /** Prefix of rooms that a node has to be configured with as conflated. */
    public static final String CONFLATED = "conflated-";

    private static final long TICK_MS = 10;
    private static final long REPLAY_MS = 700;
    private static final long VISIT_MS = 3_000;
    private static final int VISIT_ROOMS = 4;
    private static final int MAX_VISITORS = 4;
    private static final int BUFFER_BYTES = 16 << 10;
    private static final long HOP_MIN_MS = 700;
    private static final long HOP_SPREAD_MS = 6_000;
    private static final long ANSWER_CHECK_MS = 1_000;
    private static final int MAX_PENDING = 64;
    private static final Duration LOOP_LIMIT = Duration.ofSeconds(20);
    private static final long PAUSE_NANOS = 20_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(RoomWorkload.class);

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    /** Of the run itself; no fault of clients' links concerns it. */
    private final Reach own;

    private final List<Reach> groups;
    private final List<ChaosPublisher> publishers = new ArrayList<>();
    private final List<ChaosSubscriber> subscribers = new ArrayList<>();
    private final List<Endpoint> endpoints;
    private final List<String> rooms;
    private final List<String> hot;
    private final int publishesPerSecond;
    private final Random random;
    private double due;
    private final List<ChaosSubscriber> visitors = new ArrayList<>();
    private int once;
    private boolean loading;

    /**
     * How much there is of everything.
     *
     * @param rooms count of rooms
     * @param publishers count of publishers; each publishes to half of the rooms
     * @param subscribers count of subscribers; each follows half of the rooms
     * @param publishesPerSecond of all publishers together
     * @param hot how many of the rooms get most of it
     * @param conflated how many of the rooms have names that begin with {@value #CONFLATED}
     */
    public record Size(int rooms, int publishers, int subscribers, int publishesPerSecond, int hot, int conflated) {

        /** All rooms alike. */
        public Size(int rooms, int publishers, int subscribers, int publishesPerSecond) {
            this(rooms, publishers, subscribers, publishesPerSecond, 0, 0);
        }
    }

    /**
     * As {@link #RoomWorkload(String, Size, List, List, Tokens, History, Random)}, for the only workload of a cluster.
     *
     * @param random decides who has which room, and every choice of the clients
     */
    public RoomWorkload(Size size, List<Endpoint> endpoints, History history, Random random) {
        this("", size, endpoints, List.of(), null, history, random);
    }

    /** As {@link #RoomWorkload(String, Size, List, List, Tokens, History, Random)}, with clients that have any address. */
    public RoomWorkload(String prefix, Size size, List<Endpoint> endpoints, History history, Random random) {
        this(prefix, size, endpoints, List.of(), null, history, random);
    }

    /**
     * Makes the clients; none connects before {@link #start()} or {@link #connect()}.
     *
     * @param prefix of the names of rooms and clients
     * @param addresses of the groups of clients, which have them in turn; empty for any address
     * @param tokens what clients prove themselves with; {@code null} when nodes let everybody in
     * @param random decides who has which room, and every choice of the clients
     */
    public RoomWorkload(
            String prefix,
            Size size,
            List<Endpoint> endpoints,
            List<String> addresses,
            @Nullable Tokens tokens,
            History history,
            Random random) {
        this.endpoints = new CopyOnWriteArrayList<>(endpoints);
        this.publishesPerSecond = size.publishesPerSecond();
        this.random = random;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < size.rooms(); i++) {
            String kind = i < size.rooms() - size.conflated() ? "room-" : CONFLATED;
            names.add(prefix + kind + (i / 10) + (i % 10));
        }
        this.rooms = List.copyOf(names);
        this.hot = List.copyOf(names.subList(0, size.hot()));
        this.own = new Reach(vertx, vertx.createWebSocketClient(options()), this.endpoints, tokens, history);
        this.groups = addresses.isEmpty()
                ? List.of(own)
                : addresses.stream()
                        .map(address -> vertx.createWebSocketClient(options().setLocalAddress(address)))
                        .map(sockets -> new Reach(vertx, sockets, this.endpoints, tokens, history))
                        .toList();
        for (int i = 0; i < size.publishers(); i++) {
            List<String> mine = half(i);
            publishers.add(new ChaosPublisher(
                    groups.get(i % groups.size()),
                    prefix + "p" + (i + 1),
                    mine,
                    (int) mine.stream().filter(hot::contains).count(),
                    MAX_PENDING,
                    new Random(random.nextLong())));
        }
        for (int i = 0; i < size.subscribers(); i++) {
            subscribers.add(new ChaosSubscriber(
                    groups.get(i % groups.size()), prefix + "s" + (i + 1), half(i), new Random(random.nextLong())));
        }
    }

    /**
     * Connects everybody and begins to publish and to hop; every second subscriber stays where it is. Now and then one comes that has seen
     * nothing yet, and goes some time later; and rooms are read from their begin through every node.
     */
    public void start() {
        connect();
        load();
        onLoop(() -> {
            publishers.forEach(client -> hopLater(client::hop));
            for (int i = 0; i < subscribers.size(); i += 2) {
                hopLater(subscribers.get(i)::hop);
            }
            vertx.setPeriodic(VISIT_MS, t -> visit());
            vertx.setPeriodic(REPLAY_MS, t -> replay());
            return true;
        });
    }

    /** Connects everybody; nobody publishes or hops. */
    public void connect() {
        onLoop(() -> {
            publishers.forEach(ChaosPublisher::start);
            subscribers.forEach(ChaosSubscriber::start);
            vertx.setPeriodic(ANSWER_CHECK_MS, t -> publishers.forEach(ChaosPublisher::checkAnswers));
            vertx.setPeriodic(TICK_MS, t -> tick());
            return true;
        });
    }

    /** Begins to publish, and those who hop may; also after {@link #quiesce}. */
    public void load() {
        onLoop(() -> {
            loading = true;
            return true;
        });
    }

    /**
     * Every publisher sends so many at once, as far as its bounds allow.
     *
     * @param atOnce sees, in the same moment, how many publishes are without outcome
     */
    public void burst(int each, IntConsumer atOnce) {
        onLoop(() -> {
            publishers.forEach(publisher -> publisher.publish(each));
            atOnce.accept(unsettled());
            return true;
        });
    }

    /**
     * Waits until every subscriber has all up to these offsets.
     *
     * @throws IllegalStateException when one has not in time
     */
    public void awaitCaughtUp(Map<String, Long> heads, Duration limit) {
        await(
                () -> subscribers.stream().allMatch(s -> s.reached(heads)),
                limit,
                () -> "subscribers that have not reached " + heads + ": "
                        + subscribers.stream()
                                .filter(s -> !s.reached(heads))
                                .map(ChaosSubscriber::positionsText)
                                .toList());
    }

    /** Ends publishing and hopping, and waits until every publish has its outcome. */
    public void quiesce(Duration limit) {
        onLoop(() -> {
            loading = false;
            return true;
        });
        await(
                () -> unsettled() == 0,
                limit,
                () -> "publishes without outcome: "
                        + publishers.stream()
                                .filter(p -> p.pending() > 0)
                                .map(ChaosPublisher::pendingText)
                                .toList());
    }

    /**
     * Waits until something holds, asked on the loop.
     *
     * @throws IllegalStateException when it does not hold in time, with the message
     */
    public void await(Callable<Boolean> condition, Duration limit, Supplier<String> message) {
        long start = System.nanoTime();
        while (!onLoop(condition)) {
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new IllegalStateException("not within " + limit + ": " + onLoop(message::get));
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** The nodes that clients may go to from now on. */
    public void setEndpoints(List<Endpoint> now) {
        onLoop(() -> {
            endpoints.clear();
            endpoints.addAll(now);
            return true;
        });
    }

    /**
     * Some clients lose their connections without a close, all at once.
     *
     * @param percent of the clients
     * @param node where they go then; {@code null} for any
     */
    public void breakOff(Random choices, int percent, @Nullable String node) {
        onLoop(() -> {
            clients().filter(client -> choices.nextInt(100) < percent).forEach(client -> client.breakOff(node));
            return true;
        });
    }

    /** Every publisher goes elsewhere and repeats there what has no outcome, while its old connection still serves. */
    public void repeatElsewhere() {
        onLoop(() -> {
            publishers.forEach(ChaosPublisher::hopBeforeLeaving);
            return true;
        });
    }

    /** Some subscribers read nothing until {@link #readOn}. */
    public void stopReading(Random choices, int percent) {
        onLoop(() -> {
            subscribers.stream().filter(s -> choices.nextInt(100) < percent).forEach(ChaosSubscriber::stopReading);
            return true;
        });
    }

    /** All subscribers read again. */
    public void readOn() {
        onLoop(() -> {
            subscribers.forEach(ChaosSubscriber::readOn);
            return true;
        });
    }

    private Stream<ChaosClient> clients() {
        return Stream.concat(publishers.stream(), subscribers.stream());
    }

    /** Publishes without outcome. */
    public int pending() {
        return onLoop(this::unsettled);
    }

    /** The subscribers; to be asked on the loop only. */
    public List<ChaosSubscriber> subscribers() {
        return Collections.unmodifiableList(subscribers);
    }

    /** Names of the rooms. */
    public List<String> rooms() {
        return rooms;
    }

    /** Names of the rooms that get most of the load. */
    public List<String> hot() {
        return hot;
    }

    /** Reads every room through every node, one node after the other. */
    public void readAll(Duration limit) {
        readThrough(endpoints.stream().map(Endpoint::node).toList(), limit);
    }

    /** Reads every room through some nodes, one node after the other. */
    public void readThrough(List<String> nodes, Duration limit) {
        for (Endpoint endpoint :
                endpoints.stream().filter(e -> nodes.contains(e.node())).toList()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            vertx.runOnContext(v -> RoomReader.read(own, endpoint, rooms)
                    .onSuccess(done::complete)
                    .onFailure(done::completeExceptionally));
            get(done, limit);
        }
    }

    @Override
    public void close() {
        onLoop(() -> {
            publishers.forEach(ChaosPublisher::stop);
            subscribers.forEach(ChaosSubscriber::stop);
            visitors.forEach(ChaosSubscriber::stop);
            return true;
        });
        CompletableFuture<Void> closed = new CompletableFuture<>();
        vertx.close().onSuccess(closed::complete).onFailure(closed::completeExceptionally);
        get(closed, LOOP_LIMIT);
    }

    private void visit() {
        if (!loading) {
            return;
        }
        if (visitors.size() >= MAX_VISITORS) {
            visitors.remove(0).stop();
        }
        List<String> some = new ArrayList<>(rooms);
        Collections.shuffle(some, random);
        ChaosSubscriber visitor = new ChaosSubscriber(
                groups.get(random.nextInt(groups.size())),
                "once-c" + ++once,
                some.subList(0, Math.min(VISIT_ROOMS, some.size())),
                new Random(random.nextLong()));
        visitors.add(visitor);
        visitor.start();
    }

    private void replay() {
        if (loading) {
            Endpoint endpoint = endpoints.get(random.nextInt(endpoints.size()));
            String room = rooms.get(random.nextInt(rooms.size()));
            String name = "once-h" + ++once;
            RoomReader.replay(own, endpoint, name, room)
                    .onFailure(cause -> LOG.debug("not read to its end cause={}", cause.toString()));
        }
    }

    private static WebSocketClientOptions options() {
        return new WebSocketClientOptions()
                .setReceiveBufferSize(BUFFER_BYTES)
                .setMaxConnections(10_000)
                .setConnectTimeout(3_000)
                .setMaxFrameSize(4 << 20)
                .setMaxMessageSize(16 << 20);
    }

    private int unsettled() {
        return publishers.stream().mapToInt(ChaosPublisher::pending).sum();
    }

    private void tick() {
        if (!loading) {
            return;
        }
        due += publishesPerSecond * TICK_MS / 1_000.0;
        // What cannot be sent now is not owed: the load goes on at its rate when the nodes do.
        int now = (int) due;
        due -= now;
        for (int i = 0; i < now; i++) {
            publishers.get(random.nextInt(publishers.size())).publish(1);
        }
    }

    private void hopLater(Runnable hop) {
        vertx.setTimer(HOP_MIN_MS + random.nextLong(HOP_SPREAD_MS), t -> {
            if (loading) {
                hop.run();
            }
            hopLater(hop);
        });
    }

    /** Half of the rooms for each client, so that all rooms have both and no two clients the same. */
    private List<String> half(int client) {
        List<String> mine = new ArrayList<>();
        for (int i = 0; i < rooms.size(); i++) {
            if ((i + client * 3) % rooms.size() < (rooms.size() + 1) / 2) {
                mine.add(rooms.get(i));
            }
        }
        return mine;
    }

    private <T> T onLoop(Callable<T> call) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        vertx.runOnContext(v -> {
            try {
                answer.complete(call.call());
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return get(answer, LOOP_LIMIT);
    }

    private static <T> T get(CompletableFuture<T> future, Duration limit) {
        try {
            return future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the clients", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("clients: " + e, e);
        }
    }
}
