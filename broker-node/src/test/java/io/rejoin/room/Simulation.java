package io.rejoin.room;

import io.rejoin.flow.Admission;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.Limits;
import io.rejoin.session.Authentication;
import io.rejoin.session.InboundLimits;
import io.rejoin.session.SessionConfig;
import io.rejoin.session.SessionMetrics;
import io.rejoin.session.SessionRegistry;
import io.rejoin.session.SessionSecrets;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One simulated run: clients on the nodes of a simulated cluster, the real rooms and sessions in between, and everything that may be late,
 * lost, repeated, frozen, cut off or killed; then all is well again and every promise is checked.
 *
 * <p>Threading: that of the test; time is the scheduler's.
 */
final class Simulation {

    static final RoomId LOBBY = new RoomId("lobby");
    static final RoomId PROBE = new RoomId("probe");
    static final Duration WINDOW = Duration.ofSeconds(24);

    private static final JsonFrameCodec CODEC = new JsonFrameCodec();
    private static final SessionSecrets SECRETS = new SessionSecrets(List.of(new byte[16]));
    private static final int[] PAUSES_MS = {1, 5, 20, 60, 60, 150, 150, 400, 400, 1_200, 1_200, 3_000, 11_000};
    private static final int[] FREEZES_MS = {200, 1_500, 1_500, 3_000, 12_000, 16_000};
    private static final int[] SOCKET_DELAYS_MS = {1, 1, 1, 1, 1, 2, 5, 20, 60, 300};
    private static final int[] JITTERS_MS = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 5, 20};
    private static final int[] CLOCK_OFFSETS_MS = {0, 0, -700, 3_600_000};
    private static final int[] CAPACITIES = {Integer.MAX_VALUE, Integer.MAX_VALUE, 1_500, 300};
    private static final int[] TAILS = {64, 12, 4, 1};
    private static final int[] PASSES = {4_000, 600, 250};
    private static final int[] PAGES = {4_000, 700, 250};
    private static final int[] RETAINED = {200, 24, 8};
    private static final Duration SETTLED_WITHIN = Duration.ofSeconds(90);
    /** A call whose answer was lost, and the touch that comes after it. */
    private static final Duration CALLS_END_WITHIN = Duration.ofSeconds(32);

    private static final Duration STEP = Duration.ofMillis(500);
    private static final Duration PROMPT = Duration.ofMillis(600);

    private final Choices choices;
    private final @Nullable Consumer<String> trace;
    private final ManualScheduler scheduler = new ManualScheduler();
    private final Map<RoomId, Truth> truths = new HashMap<>();
    private final List<SimulatedClient> clients = new ArrayList<>();
    private final SimulatedCluster cluster;
    private final RoomConfig roomConfig;
    private final SessionConfig sessionConfig;
    private final NodeBudgets.Limits budgets;
    private final boolean conflates;
    private final boolean busFails;
    private final boolean loopsLag;
    private final int capacity;
    private final int steps;
    private boolean chaos = true;
    private long connections;
    private long order;
    private int publishes;

    /**
     * Prepares a run.
     *
     * @param trace told what each step does; null for nobody
     */
    Simulation(Choices choices, @Nullable Consumer<String> trace) {
        this.choices = choices;
        this.trace = trace;
        choices.next();
        int size = choices.pick(4);
        int nodes = size == 3 ? 5 : 3;
        int copies = size == 1 ? 2 : 3;
        LogLimits limits = new LogLimits(
                RETAINED[choices.pick(RETAINED.length)],
                1 << 20,
                3_600_000,
                16,
                16 << 10,
                16,
                240_000,
                10_000,
                600_000);
        this.conflates = choices.oneIn(3);
        RoomPolicy policy = RoomWorld.policy(
                conflates ? RoomClass.CONFLATED : RoomClass.DURABLE,
                choices.oneIn(2) ? SlowConsumerAction.SKIP : SlowConsumerAction.CLOSE,
                Duration.ofMillis(conflates && choices.oneIn(3) ? 1 + choices.pick(40) : 0));
        this.roomConfig = RoomWorld.config(
                        limits,
                        TAILS[choices.pick(TAILS.length)],
                        PASSES[choices.pick(PASSES.length)],
                        PAGES[choices.pick(PAGES.length)])
                .withPolicies(new RoomPolicies(policy, List.of()));
        this.budgets =
                choices.oneIn(3) ? new NodeBudgets.Limits(4_000, 800, 1, 0, 100, 1 << 20) : NodeBudgets.Limits.USUAL;
        this.busFails = choices.oneIn(2);
        this.loopsLag = choices.oneIn(2);
        this.capacity = CAPACITIES[choices.pick(CAPACITIES.length)];
        this.sessionConfig = new SessionConfig(
                "n",
                WINDOW,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(20),
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                new Limits(65_536, 8, SimulatedClient.MOST_PENDING + 1),
                InboundLimits.NONE,
                2_048,
                Duration.ofSeconds(5),
                4,
                Duration.ZERO);
        this.cluster = new SimulatedCluster(
                scheduler, choices, new SimulatedCluster.Setup(nodes, copies, 2, limits), this::nodeParts);
        int most = 2 + choices.pick(2);
        for (int i = 0; i < most; i++) {
            String name = "c" + i;
            ClientView view = new ClientView(name, truth(LOBBY), conflates, cluster::count);
            clients.add(new SimulatedClient(name, this, truth(LOBBY), view));
        }
        int drawn = 10 + choices.pick(50);
        this.steps = choices.scripted() > 0 ? choices.scripted() - 1 : drawn;
    }

    private Truth truth(RoomId room) {
        return truths.computeIfAbsent(
                room, missing -> new Truth(2, holders -> cluster().mayBeLost(holders)));
    }

    private SimulatedCluster.NodeParts nodeParts(int place) {
        return new SimulatedCluster.NodeParts(
                CLOCK_OFFSETS_MS[choices.pick(CLOCK_OFFSETS_MS.length)], 500L * choices.pick(6), 1 + choices.pick(2));
    }

    private void start(SimulatedNode node) {
        SimulatedBus bus = new SimulatedBus(cluster, node, choices, () -> busFails && chaos);
        SimulatedDirectory directory = new SimulatedDirectory(cluster, node, bus, WINDOW.toMillis() * 4 / 3);
        RoomRegistry rooms = new RoomRegistry(
                node.nodeId(),
                node.eventLoops(),
                new SimulatedLog(cluster, node, this::truth),
                bus,
                new PublicationEncoder(CODEC, node),
                node,
                node,
                roomConfig,
                NodeBudgets.within(budgets, node),
                RoomMetrics.NONE);
        SessionRegistry sessions = new SessionRegistry(new SessionRegistry.Surroundings(
                node.nodeId(),
                sessionConfig,
                CODEC,
                Authentication.anonymous(node),
                SECRETS,
                directory,
                rooms,
                new Admission(Admission.Limits.USUAL, node, new Random(node.age())),
                node,
                new Random(1_000 + node.age()),
                SessionMetrics.NONE));
        node.run(bus, rooms, sessions);
    }

    ManualScheduler scheduler() {
        return scheduler;
    }

    Choices choices() {
        return choices;
    }

    SimulatedCluster cluster() {
        return cluster;
    }

    void count(String what) {
        cluster.count(what);
    }

    int nextPublish() {
        return ++publishes;
    }

    long nextOrder() {
        return ++order;
    }

    /** How often what happened. */
    Map<String, Long> happened() {
        return cluster.happened();
    }

    SimulatedConnection open(SimulatedNode node, SimulatedClient client) {
        List<ManualScheduler.Loop> loops = node.eventLoops();
        return new SimulatedConnection(
                scheduler,
                node,
                loops.get(choices.pick(loops.size())),
                ++connections,
                client,
                chaos ? capacity : Integer.MAX_VALUE,
                () -> SOCKET_DELAYS_MS[choices.pick(SOCKET_DELAYS_MS.length)]);
    }

    private void tell(String what) {
        if (trace != null) {
            trace.accept("t=" + (scheduler.millis() - 1_000_000) + " ms: " + what);
        }
    }

    /**
     * Runs it.
     *
     * @throws Violation when a promise is broken
     */
    void run() {
        try {
            begin();
            for (int step = 0; step < steps; step++) {
                choices.next();
                step();
            }
            choices.calm();
            settle();
        } catch (Violation broken) {
            throw broken;
        } catch (AssertionError | RuntimeException unexpected) {
            Violation broken = new Violation("nothing fails unexpectedly", unexpected.toString());
            broken.initCause(unexpected);
            throw broken;
        }
    }

    private void begin() {
        scheduler.jitter(() -> loopsLag ? JITTERS_MS[choices.pick(JITTERS_MS.length)] : 0);
        cluster.onStarted(this::start);
        cluster.form();
        watchNodes();
        int nodes = cluster.nodes().size();
        for (int i = 0; i < clients.size(); i++) {
            clients.get(i).connect((i + choices.pick(nodes)) % nodes, false);
        }
        tell(cluster.states() + " conflates=" + conflates + " bus fails=" + busFails + " loops lag=" + loopsLag
                + " socket=" + capacity);
        scheduler.advance(Duration.ofMillis(20));
    }

    private void watchNodes() {
        clients.forEach(SimulatedClient::watch);
        scheduler.after(STEP.toMillis(), this::watchNodes);
    }

    private SimulatedClient anyClient() {
        return clients.get(choices.pick(clients.size()));
    }

    private int anyPlace() {
        return choices.pick(cluster.nodes().size());
    }

    /** The node that owns the room, as most see it. */
    private SimulatedNode owner() {
        for (SimulatedNode node : cluster.running()) {
            SimulatedNode owner = node.table().owner(0);
            if (owner != null && node.seesMajority()) {
                return owner;
            }
        }
        return cluster.at(0);
    }

    private SimulatedNode anyCopy() {
        SimulatedNode[] slots = owner().table().slots(0);
        SimulatedNode copy = slots.length == 0 ? null : slots[choices.pick(slots.length)];
        return copy == null ? owner() : copy;
    }

    private void step() {
        int what = choices.pick(34);
        if (what < 9) {
            pause(PAUSES_MS[choices.pick(PAUSES_MS.length)]);
        } else if (what < 17) {
            publish();
        } else if (what < 24) {
            moveClient(what);
        } else {
            fault(what);
        }
        pauseShortly();
    }

    /** Mostly not at all, so that the next step meets what this one began. */
    private void pauseShortly() {
        int millis = choices.pick(4);
        scheduler.advance(Duration.ofMillis(millis));
    }

    private void pause(int millis) {
        tell(millis + " ms pass");
        scheduler.advance(Duration.ofMillis(millis));
    }

    private void publish() {
        SimulatedClient client = anyClient();
        int count = 1 + choices.pick(3);
        tell(client.state() + " publishes " + count);
        client.publish(count);
    }

    private void moveClient(int what) {
        SimulatedClient client = anyClient();
        if (what < 20) {
            int place = anyPlace();
            boolean silently = choices.oneIn(3);
            tell(client.state() + " connects to " + cluster.at(place)
                    + (silently ? ", nobody tells the old node" : ""));
            client.connect(place, silently);
        } else if (what == 20) {
            tell(client.state() + " leaves, or joins again");
            client.leaveOrJoin();
        } else if (what == 21) {
            tell(client.state() + " gives its lowest number up");
            client.giveUp();
        } else if (what == 22) {
            tell(client.state() + " asks for a page of history");
            client.askHistory();
        } else if (client.connection() != null) {
            boolean reads = !client.connection().isClientReading();
            tell(client.state() + (reads ? " reads again" : " reads no more"));
            client.connection().clientReads(reads);
        }
    }

    private void fault(int what) {
        int nodes = cluster.nodes().size();
        switch (what) {
            case 24 -> crash(cluster.at(anyPlace()));
            case 25 -> crash(anyCopy());
            case 26, 27 -> {
                int place = anyPlace();
                tell("a node starts at place " + place + " unless one runs there");
                cluster.restart(place);
            }
            case 28 -> freeze(anyCopy());
            case 29 -> freeze(cluster.at(anyPlace()));
            case 30 -> cut(1 + choices.pick((1 << (nodes - 1)) - 1));
            case 31 -> {
                tell("all links are whole again");
                cluster.healCuts();
            }
            case 32 -> {
                SimulatedNode one = owner();
                SimulatedNode other = cluster.at((one.place() + 1 + choices.pick(nodes - 1)) % nodes);
                tell("the connection of " + one + " and " + other + " breaks");
                cluster.reset(one, other);
            }
            default -> {
                int place = anyPlace();
                boolean keepsCopy = choices.oneIn(2);
                int partition = choices.pick(SimulatedCluster.PARTITIONS);
                tell("partition " + partition + " moves to " + cluster.at(place));
                cluster.move(partition, place, keepsCopy);
            }
        }
    }

    private void crash(SimulatedNode node) {
        // The last one of a cluster takes everything with it: seldom.
        if (cluster.running().size() > 1 || choices.oneIn(8)) {
            tell(node + " dies, which sees " + node.table());
            cluster.crash(node);
        }
    }

    private void freeze(SimulatedNode node) {
        int millis = FREEZES_MS[choices.pick(FREEZES_MS.length)];
        tell(node + " stops for " + millis + " ms, which sees " + node.table());
        cluster.freeze(node, millis);
    }

    private void cut(int side) {
        tell("links between places " + Integer.toBinaryString(side) + " (bits) and the others are cut");
        count("cut");
        int nodes = cluster.nodes().size();
        for (int one = 0; one < nodes; one++) {
            for (int other = 0; other < one; other++) {
                if ((side >> one & 1) != (side >> other & 1)) {
                    cluster.cut(one, other);
                }
            }
        }
    }

    // The end

    private void settle() {
        chaos = false;
        tell("everything is well again");
        cluster.healCuts();
        for (SimulatedNode node : cluster.nodes()) {
            if (node.isFrozen()) {
                node.thaw();
            }
        }
        clients.forEach(SimulatedClient::settle);
        scheduler.advance(STEP);
        long until = scheduler.millis() + SETTLED_WITHIN.toMillis();
        while (!isSettled()) {
            if (scheduler.millis() > until) {
                throw new Violation(
                        "everybody gets everything in the end", "not within " + SETTLED_WITHIN + ": " + states());
            }
            for (int place = 0; place < cluster.nodes().size(); place++) {
                cluster.restart(place);
            }
            clients.forEach(SimulatedClient::settle);
            scheduler.advance(STEP);
        }
        // Calls whose answers were lost are given up meanwhile.
        scheduler.advance(CALLS_END_WITHIN);
        check();
        checkPromptness();
        checkQuiet();
    }

    private boolean isSettled() {
        if (!cluster.isHealed()) {
            return false;
        }
        Taken end = end();
        for (SimulatedClient client : clients) {
            boolean has = end == null
                    || (client.view().position() != null
                            && client.view().position().offset()
                                    == end.position().offset());
            if (!client.isSettled() || !has) {
                return false;
            }
        }
        return true;
    }

    private @Nullable Taken end() {
        return owner().store(0).end(LOBBY);
    }

    private String states() {
        StringBuilder states = new StringBuilder("log ends at " + end());
        clients.forEach(client -> states.append("\n  ").append(client.state()));
        return states.append("\n  ").append(cluster.states()).toString();
    }

    /** The log from its beginning; the first one is the beginning itself. */
    private List<Taken> log() {
        List<Taken> log = new ArrayList<>();
        for (Taken next = end(); next != null; next = next.before()) {
            log.add(next);
        }
        Collections.reverse(log);
        return log;
    }

    private void check() {
        List<Taken> log = log();
        cluster.count("publication in the log", Math.max(0, log.size() - 1));
        Map<Integer, Taken> places = new HashMap<>();
        Map<String, Long> numbers = new HashMap<>();
        for (Taken taken : log.subList(Math.min(1, log.size()), log.size())) {
            Taken earlier = places.put(idOf(taken), taken);
            if (earlier != null) {
                throw new Violation("a publish takes effect once", earlier + " and " + taken + " are the same");
            }
            Long before =
                    numbers.put(taken.draft().session().value(), taken.draft().number());
            if (before != null && before >= taken.draft().number()) {
                throw new Violation("a publisher's order is kept", taken + " stands behind number " + before);
            }
        }
        for (SimulatedClient client : clients) {
            client.publishes().forEach(publish -> check(publish, log, places));
            client.view().assertComplete(log);
            client.assertOneConnection();
        }
        checkRealTime(log);
        checkCopies();
    }

    private static int idOf(Taken taken) {
        return Integer.parseInt(new String(taken.draft().data().json(), java.nio.charset.StandardCharsets.UTF_8));
    }

    private void check(SimulatedClient.Publish publish, List<Taken> log, Map<Integer, Taken> places) {
        if (publish.position() != null) {
            int offset = (int) publish.position().offset();
            boolean isThere = offset < log.size() && log.get(offset).position().equals(publish.position());
            if (!isThere && !truth(LOBBY).mayBeLost(publish.position())) {
                throw new Violation(
                        "what was acknowledged stays while one of its copies does",
                        "publish " + publish.number() + " was acknowledged at " + publish.position() + ", held by "
                                + truth(LOBBY)
                                        .acknowledgedAt(publish.position(), "")
                                        .holders() + ", and is gone");
            }
            count(isThere ? "acknowledged and there" : "acknowledged and lost with all its copies");
        } else if (publish.isSkipped()
                && places.containsKey(publish.id())
                && !cluster.hasLost(0)
                && !cluster.hasLostTooMany()) {
            throw new Violation("a number that was given up stays so", places.get(publish.id()) + " was given up");
        }
    }

    /** What was acknowledged before another was sent stands before it. */
    private void checkRealTime(List<Taken> log) {
        Map<Integer, SimulatedClient.Publish> byId = new HashMap<>();
        clients.forEach(client -> client.publishes().forEach(publish -> byId.put(publish.id(), publish)));
        long sent = 0;
        for (Taken taken : log.subList(Math.min(1, log.size()), log.size())) {
            SimulatedClient.Publish publish = byId.get(idOf(taken));
            boolean wasAcked = publish.ackedOrder() > 0 && taken.position().equals(publish.position());
            if (wasAcked && publish.ackedOrder() < sent) {
                throw new Violation("order is that of real time", taken + " stands behind what was sent after its ack");
            }
            sent = Math.max(sent, publish.sentOrder());
        }
    }

    private void checkCopies() {
        for (int partition = 0; partition < SimulatedCluster.PARTITIONS; partition++) {
            SimulatedNode[] slots = owner().table().slots(partition);
            for (SimulatedNode copy : slots) {
                String difference = slots[0].store(partition).difference(copy.store(partition));
                if (!difference.isEmpty()) {
                    throw new Violation("copies are equal in the end", slots[0] + " and " + copy + ": " + difference);
                }
            }
        }
    }

    /** With nothing wrong any more, publications are relayed at once: nobody has to find out. */
    private void checkPromptness() {
        clients.forEach(SimulatedClient::joinProbe);
        scheduler.advance(PROMPT);
        clients.get(0).publishProbe();
        clients.get(0).publish(1);
        scheduler.advance(PROMPT);
        for (SimulatedClient client : clients) {
            boolean isPrompt = client.hasJoinedProbe() && client.probed() == 1 && isSettled();
            if (!isPrompt) {
                throw new Violation(
                        "who is there gets what is published at once",
                        client.state() + " joined=" + client.hasJoinedProbe() + " got " + client.probed() + "; "
                                + states());
            }
        }
    }

    /** The log is asked for nothing but renewals. */
    private void checkQuiet() {
        scheduler.advance(Duration.ofSeconds(3));
        Map<String, Long> before = new HashMap<>(happened());
        scheduler.advance(Duration.ofSeconds(5));
        for (String call : List.of("append", "join", "history", "fill")) {
            String what = "log call " + call;
            if (!happened().getOrDefault(what, 0L).equals(before.getOrDefault(what, 0L))) {
                throw new Violation("the log is left alone while all is well", what);
            }
        }
    }
}
