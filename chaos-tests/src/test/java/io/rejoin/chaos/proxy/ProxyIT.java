package io.rejoin.chaos.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.rejoin.chaos.ChaosRun;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.client.ChaosSubscriber;
import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.NodePorts;
import io.rejoin.chaos.node.ProcessCluster;
import io.rejoin.chaos.report.RunFacts;
import io.rejoin.chaos.workload.AckWatch;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * nginx and HAProxy as docs/operations.md configures them, in front of three nodes, of which one leaves and then one dies. All times are 3/40
 * of what they are unless set: 60 s of nginx, 50 s of HAProxy, 20 s between pings.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class ProxyIT {

    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Duration NGINX_IDLE = Duration.ofMillis(4_500);
    private static final Duration HAPROXY_IDLE = Duration.ofMillis(3_750);
    private static final Duration LONG = NGINX_IDLE.multipliedBy(2).plusSeconds(1);
    private static final RoomWorkload.Size SIZE = new RoomWorkload.Size(4, 1, 6, 60);
    private static final int CLIENTS = 7;

    private final Path directory = Path.of("target", "chaos", "proxy");
    private @Nullable ProcessCluster cluster;
    private List<Behind> proxies = List.of();

    /** A proxy, its clients and what they saw. */
    private record Behind(ProxyProcess proxy, History history, List<Op> seen, AckWatch acks, RoomWorkload clients)
            implements AutoCloseable {

        static Behind start(ProxyProcess proxy, Path file) {
            List<Op> seen = new CopyOnWriteArrayList<>();
            AckWatch acks = new AckWatch();
            History history = History.create(file, op -> {
                seen.add(op);
                acks.accept(op);
            });
            List<Endpoint> endpoints = List.of(proxy.endpoint());
            RoomWorkload clients = new RoomWorkload(proxy.name() + "-", SIZE, endpoints, history, new Random(1));
            return new Behind(proxy, history, seen, acks, clients);
        }

        List<Op.Welcome> welcomes() {
            return seen.stream()
                    .filter(Op.Welcome.class::isInstance)
                    .map(Op.Welcome.class::cast)
                    .toList();
        }

        @Override
        public void close() {
            clients.close();
            proxy.close();
            history.close();
        }
    }

    @BeforeAll
    void startNodesAndProxies() throws IOException {
        Files.createDirectories(directory);
        ProcessCluster nodes = ProcessCluster.of(
                3,
                directory,
                Map.of(
                        "REJOIN_CLIENT_TRUSTED_PROXIES", "127.0.0.1",
                        "REJOIN_HEARTBEAT_INTERVAL", "1500ms",
                        "REJOIN_HEARTBEAT_TIMEOUT", "10s",
                        "REJOIN_DRAIN_RATE", "10",
                        "REJOIN_DRAIN_LINGER", "5s"));
        cluster = nodes;
        nodes.start(Duration.ofSeconds(90));
        NodePorts ports = NodePorts.reserve(1).get(0);
        proxies = List.of(
                behind(ProxyProcess.nginx(directory, ports.client(), nodes.nodes(), NGINX_IDLE)),
                behind(ProxyProcess.haproxy(directory, ports.api(), nodes.nodes(), HAPROXY_IDLE)));
        proxies.forEach(behind -> behind.clients().connect());
        await("everybody is welcome", behind -> behind.welcomes().size() == CLIENTS);
    }

    private Behind behind(ProxyProcess proxy) throws IOException {
        Path file = directory.resolve(proxy.name() + ".jsonl");
        Files.deleteIfExists(file);
        return Behind.start(proxy, file);
    }

    @AfterAll
    void endAll() {
        proxies.forEach(Behind::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void cutsASocketThatNobodyPingsAndKeepsThoseThatAreOnlyPinged() throws Exception {
        long start = System.nanoTime();
        List<Mute> mutes =
                proxies.stream().map(behind -> Mute.open(behind.proxy())).toList();

        for (Mute mute : mutes) {
            assertThat(mute.ended.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("without a close frame");
        }
        await("time goes by", behind -> System.nanoTime() - start > LONG.toNanos());

        assertThat(proxies)
                .allSatisfy(behind ->
                        assertThat(behind.welcomes()).as("%s", behind.proxy()).hasSize(CLIENTS));
    }

    @Test
    @Order(2)
    void letsANodeLeaveWithoutLoss() {
        BrokerProcess leaving = nodes().get(0);
        Map<String, Set<String>> moved = proxies.stream()
                .collect(Collectors.toMap(
                        behind -> behind.proxy().name(),
                        behind -> behind.welcomes().stream()
                                .filter(welcome -> welcome.node().equals(leaving.name()))
                                .map(Op.Welcome::client)
                                .collect(Collectors.toSet())));
        proxies.forEach(behind -> behind.clients().load());
        await("publishes flow", behind -> !behind.acks().heads().isEmpty());

        int exit = leaving.terminate(LIMIT);

        for (Behind behind : proxies) {
            behind.clients().quiesce(LIMIT);
            Map<String, Long> heads = behind.acks().heads();
            await(
                    behind,
                    "everybody has everything",
                    () -> behind.clients().subscribers().stream().allMatch(client -> client.reached(heads)));
            behind.clients().readAll(LIMIT);
            List<Op.Welcome> again =
                    behind.welcomes().subList(CLIENTS, behind.welcomes().size());
            assertThat(again)
                    .extracting(Op.Welcome::client)
                    .containsExactlyInAnyOrderElementsOf(
                            moved.getOrDefault(behind.proxy().name(), Set.of()))
                    .isNotEmpty();
            assertThat(again).allMatch(Op.Welcome::resumed);
            assertThat(again).extracting(Op.Welcome::node).doesNotContain(leaving.name());
            assertThat(sum(behind, ChaosSubscriber::goAways))
                    .as("sent elsewhere")
                    .isPositive();
            assertThat(sum(behind, ChaosSubscriber::lastEnd))
                    .as("ends by a node")
                    .isZero();
        }
        assertThat(exit).isZero();
    }

    @Test
    @Order(3)
    void passesCloseCodesAndRefusalsOn() {
        BrokerProcess dying = nodes().get(1);

        dying.kill();

        await(
                "the node that is left sends everybody away",
                behind -> behind.clients().subscribers().stream().noneMatch(ChaosSubscriber::isConnected));
        for (Behind behind : proxies) {
            assertThat(behind.clients().subscribers())
                    .extracting(ChaosSubscriber::lastEnd)
                    .contains(4005);
            HttpResponse<?> refusal = refusal(behind.proxy());
            assertThat(refusal.statusCode()).isEqualTo(503);
            assertThat(refusal.headers().firstValue("Retry-After")).isPresent();
        }
    }

    @Test
    @Order(4)
    void hidesNothingThatTheHistoryWouldShow() {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        proxies.forEach(Behind::close);

        for (Behind behind : proxies) {
            ChaosRun.Outcome outcome = ChaosRun.check(behind.history().file(), RunFacts.unknown(), out);

            // Rooms are read once, through the proxy: there is nothing to compare a read with.
            assertThat(outcome.verdicts())
                    .filteredOn(verdict -> !verdict.law().equals("ReadsAgree"))
                    .allSatisfy(verdict -> assertThat(verdict.result())
                            .as("%s %s %s", verdict.law(), verdict.counts(), verdict.examples())
                            .isEqualTo(Verdict.Result.VALID));
            assertThat(outcome.summary().gaps()).isEmpty();
        }
        proxies = List.of();
    }

    private List<BrokerProcess> nodes() {
        if (cluster == null) {
            throw new IllegalStateException("no cluster (expected: started)");
        }
        return cluster.nodes();
    }

    private static int sum(Behind behind, ToIntFunction<ChaosSubscriber> figure) {
        return behind.clients().subscribers().stream().mapToInt(figure).sum();
    }

    private void await(String what, Predicate<Behind> condition) {
        proxies.forEach(behind -> await(behind, what, () -> condition.test(behind)));
    }

    private static void await(Behind behind, String what, Callable<Boolean> condition) {
        behind.clients()
                .await(
                        condition,
                        LIMIT,
                        () -> what + " proxy=" + behind.proxy() + " welcomes=" + behind.welcomes() + " ends="
                                + behind.clients().subscribers().stream()
                                        .map(ChaosSubscriber::lastEnd)
                                        .toList());
    }

    /** The answer to an upgrade that is refused. */
    private static HttpResponse<?> refusal(ProxyProcess proxy) {
        Throwable failure = catchThrowable(() -> open(proxy, new Mute()).join());
        assertThat(failure).hasCauseInstanceOf(WebSocketHandshakeException.class);
        return ((WebSocketHandshakeException) failure.getCause()).getResponse();
    }

    private static CompletableFuture<WebSocket> open(ProxyProcess proxy, WebSocket.Listener listener) {
        Endpoint endpoint = proxy.endpoint();
        return HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .subprotocols("rejoin.v1.json")
                .connectTimeout(LIMIT)
                .buildAsync(URI.create("ws://" + endpoint.host() + ":" + endpoint.port() + "/v1/connect"), listener);
    }

    /** A socket that never says hello, and so is never pinged; the node would end it later, with a code. */
    private static final class Mute implements WebSocket.Listener {

        private final CompletableFuture<String> ended = new CompletableFuture<>();

        static Mute open(ProxyProcess proxy) {
            Mute mute = new Mute();
            ProxyIT.open(proxy, mute).join();
            return mute;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            ended.complete(code == 1006 ? "without a close frame" : "with " + code);
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            ended.complete("without a close frame");
        }
    }
}
