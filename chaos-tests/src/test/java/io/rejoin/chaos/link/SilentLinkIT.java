package io.rejoin.chaos.link;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.client.ChaosSubscriber;
import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.flow.Await;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import io.rejoin.chaos.workload.AckWatch;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Connections whose other end is gone and says nothing: both ends find out within the interval and the timeout of the heartbeat, and the
 * client then has every publication. One subscriber in a process of its own, at the end of a cable; one publisher in this one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class SilentLinkIT {

    private static final Duration LIMIT = Duration.ofSeconds(40);
    /** Interval and timeout of the heartbeat. */
    private static final Duration SILENCE = Duration.ofSeconds(2);
    /** A close is waited for, a metric is looked up, and other work is on the machine. */
    private static final Duration SLACK = Duration.ofSeconds(3);

    private static final int NO_CLOSE_FRAME = 1006;
    private static final String CONNECTIONS = "rejoin_connections";
    private static final String SILENT_CLOSES = "rejoin_connections_closed_total{code=\"4001\"}";

    private final Path directory = Path.of("target", "chaos", "link");
    private final AckWatch acks = new AckWatch();
    private final List<Op> seenHere = new CopyOnWriteArrayList<>();
    private @Nullable ProcessCluster cluster;
    private @Nullable Cable cable;
    private @Nullable LoneSubscriber subscriber;
    private @Nullable RoomWorkload local;
    private @Nullable History history;

    @BeforeAll
    void startAll() throws IOException {
        Files.createDirectories(directory);
        cable = Cable.lay();
        cluster = ProcessCluster.of(
                3,
                directory,
                Map.of(
                        "REJOIN_HEARTBEAT_INTERVAL", "1s",
                        "REJOIN_HEARTBEAT_TIMEOUT", "1s",
                        "REJOIN_CLIENT_CLOSE_TIMEOUT", "1s"));
        cluster.start(Duration.ofSeconds(90));
        String host = cable.host();
        List<Endpoint> across = cluster.endpoints().stream()
                .map(endpoint -> new Endpoint(endpoint.node(), host, endpoint.port()))
                .toList();
        subscriber = LoneSubscriber.start(across, directory, cable::at);
        Path file = directory.resolve("local.jsonl");
        Files.deleteIfExists(file);
        history = History.create(file, op -> {
            seenHere.add(op);
            acks.accept(op);
        });
        local = new RoomWorkload(new RoomWorkload.Size(1, 1, 1, 20), cluster.endpoints(), history, new Random(2));
        local.connect();
        await("the subscriber is welcome", () -> !welcomes().isEmpty());
        local.load();
    }

    @AfterAll
    void endAll() {
        if (subscriber != null) {
            subscriber.close();
        }
        if (local != null) {
            local.close();
        }
        if (history != null) {
            history.close();
        }
        if (cluster != null) {
            cluster.close();
        }
        if (cable != null) {
            cable.close();
        }
    }

    @Test
    @Order(1)
    void letsAClientGoOnThatSlept() {
        int before = welcomes().size();
        BrokerProcess node = nodeOfSubscriber();
        double connections = node.metric(CONNECTIONS);
        double silent = silentCloses(node);

        subscriber().freeze();
        Duration noticed = awaitLost(node, connections);
        subscriber().thaw();

        awaitCaughtUp(before);
        assertThat(noticed).isLessThan(SILENCE.plus(SLACK));
        assertThat(silentCloses(node)).isGreaterThan(silent);
    }

    @ParameterizedTest
    @EnumSource(Cable.Pull.class)
    @Order(2)
    void letsBothEndsRecoverFromAPulledCable(Cable.Pull pull) {
        int before = welcomes().size();
        BrokerProcess node = nodeOfSubscriber();
        double connections = node.metric(CONNECTIONS);

        cable().pull(pull);
        Duration noticed = awaitLost(node, connections);
        cable().plug();

        awaitCaughtUp(before);
        assertThat(noticed).isLessThan(SILENCE.plus(SLACK));
    }

    @Test
    @Order(3)
    void takesClientsFromAFrozenNodeToOthers() {
        BrokerProcess frozen = nodeOfLocalSubscriber();
        ChaosSubscriber client = localSubscriber();

        long start = System.nanoTime();
        frozen.freeze();
        local().await(() -> client.lastEnd() == NO_CLOSE_FRAME, LIMIT, () -> "the client finds out");
        Duration noticed = Duration.ofNanos(System.nanoTime() - start);
        local().await(client::isConnected, LIMIT, () -> "the client is welcome elsewhere");

        assertThat(noticed).isLessThan(SILENCE.plus(SLACK));
        assertThat(nodeOfLocalSubscriber().name()).isNotEqualTo(frozen.name());
        awaitCaughtUp(0);
        frozen.kill();
    }

    @Test
    @Order(4)
    void showsEveryPublicationOnceAndInOrder() {
        local().quiesce(LIMIT);
        long head = head();
        await("the subscriber is at the head", () -> reached() >= head);
        Map<String, Long> heads = acks.heads();
        local().await(
                        () -> localSubscriber().reached(heads),
                        LIMIT,
                        () -> localSubscriber().positionsText());

        assertThat(List.of(seenHere, subscriber().seen())).allSatisfy(seen -> {
            assertThat(of(Op.Delivery.class, seen))
                    .extracting(delivery -> delivery.point().offset())
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, head).boxed().toList());
            assertThat(of(Op.Gap.class, seen)).isEmpty();
            assertThat(of(Op.Violation.class, seen)).isEmpty();
            assertThat(of(Op.Joined.class, seen)).extracting(Op.Joined::outcome).doesNotContain("gap");
            assertThat(of(Op.Welcome.class, seen))
                    .filteredOn(Op.Welcome::asked)
                    .isNotEmpty()
                    .allMatch(Op.Welcome::resumed);
        });
    }

    /** Until the node has let go of the subscriber's connection. */
    private Duration awaitLost(BrokerProcess node, double connections) {
        long start = System.nanoTime();
        await("the node lets go of the connection", () -> node.metric(CONNECTIONS) < connections);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Until the subscriber is welcome again and has what was acknowledged when it was. */
    private void awaitCaughtUp(int welcomesBefore) {
        await("the subscriber is welcome again", () -> welcomes().size() > welcomesBefore);
        long head = head();
        await("the subscriber has caught up", () -> reached() >= head);
    }

    private List<Op.Welcome> welcomes() {
        return of(Op.Welcome.class, subscriber().seen());
    }

    private static <T extends Op> List<T> of(Class<T> kind, List<Op> seen) {
        return seen.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    private BrokerProcess nodeOfSubscriber() {
        List<Op.Welcome> welcomes = welcomes();
        return node(welcomes.get(welcomes.size() - 1).node());
    }

    private BrokerProcess nodeOfLocalSubscriber() {
        List<Op.Welcome> welcomes = of(Op.Welcome.class, seenHere).stream()
                .filter(welcome -> welcome.client().equals(localSubscriber().name()))
                .toList();
        return node(welcomes.get(welcomes.size() - 1).node());
    }

    private BrokerProcess node(String name) {
        return nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private long head() {
        return acks.heads().values().stream().mapToLong(head -> head).max().orElse(0);
    }

    private long reached() {
        List<Op.Delivery> deliveries = of(Op.Delivery.class, subscriber().seen());
        return deliveries.isEmpty()
                ? 0
                : deliveries.get(deliveries.size() - 1).point().offset();
    }

    private static double silentCloses(BrokerProcess node) {
        return node.metrics()
                .lines()
                .filter(line -> line.startsWith(SILENT_CLOSES))
                .mapToDouble(line -> Double.parseDouble(line.substring(SILENT_CLOSES.length())))
                .sum();
    }

    private void await(String what, BooleanSupplier condition) {
        Await.until(
                condition,
                LIMIT,
                () -> what + " welcomes=" + welcomes() + " reached=" + reached() + " head=" + head() + " violations="
                        + of(Op.Violation.class, subscriber().seen()));
    }

    private ChaosSubscriber localSubscriber() {
        return local().subscribers().get(0);
    }

    private List<BrokerProcess> nodes() {
        return made(cluster).nodes();
    }

    private Cable cable() {
        return made(cable);
    }

    private LoneSubscriber subscriber() {
        return made(subscriber);
    }

    private RoomWorkload local() {
        return made(local);
    }

    private static <T> T made(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("a part of the test was not started");
        }
        return part;
    }
}
