package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that send far more than they may, each on one node; another client is served meanwhile. */
final class FloodProtocolIT {

    private static final int AT_ONCE = 500;

    /** Rates far below what any machine does. */
    private static TestCluster strict;
    /** Rates off: what else is bounded has to hold alone. */
    private static TestCluster lax;

    @BeforeAll
    static void startNodes() {
        strict = TestCluster.of(1)
                .with("REJOIN_LIMITS_FRAMES_RATE", "2000")
                .with("REJOIN_LIMITS_BYTES_RATE", "512KiB")
                .with("REJOIN_LIMITS_PUBLISH_RATE", "100")
                .start();
        lax = TestCluster.of(1)
                .with("REJOIN_LIMITS_FRAMES_RATE", "0")
                .with("REJOIN_LIMITS_BYTES_RATE", "0B")
                .start();
    }

    @AfterAll
    static void stopNodes() {
        strict.close();
        lax.close();
    }

    /** Counts what it is told instead of keeping it. */
    private static final class Flooder implements AutoCloseable {
        private final WebSocketClient owner;
        private final WebSocket socket;
        private final Map<String, AtomicInteger> told = new ConcurrentHashMap<>();
        private volatile int closeCode;

        private Flooder(TestCluster cluster) {
            owner = cluster.clientVertx().createWebSocketClient();
            var connecting = owner.connect(new WebSocketConnectOptions()
                            .setHost("127.0.0.1")
                            .setPort(cluster.node(0).clientPort())
                            .setURI("/v1/connect"))
                    .onSuccess(this::listen);
            Await.until(connecting::isComplete, () -> "not connected");
            socket = connecting.result();
            send("{\"type\":\"hello\"}");
            awaitTold("welcome", 1);
        }

        private void listen(WebSocket opened) {
            opened.textMessageHandler(text -> {
                Object value = Json.decodeValue(text);
                if (value instanceof JsonArray frames) {
                    frames.forEach(frame -> count((JsonObject) frame));
                } else {
                    count((JsonObject) value);
                }
            });
            opened.closeHandler(
                    closed -> closeCode = opened.closeStatusCode() == null ? 1006 : opened.closeStatusCode());
        }

        private void count(JsonObject frame) {
            String what = frame.getString("type").equals("error") ? frame.getString("code") : frame.getString("type");
            told.computeIfAbsent(what, name -> new AtomicInteger()).incrementAndGet();
        }

        private int told(String what) {
            AtomicInteger count = told.get(what);
            return count == null ? 0 : count.get();
        }

        private void awaitTold(String what, int count) {
            Await.until(
                    () -> told(what) >= count,
                    () -> "expected " + count + " " + what + " among " + told + ", closeCode=" + closeCode);
            assertThat(told(what)).isEqualTo(count);
        }

        private void send(String message) {
            socket.writeTextMessage(message).onFailure(closed -> {});
        }

        private void send(int from, int count, IntFunction<String> frame) {
            send(IntStream.range(from, from + count).mapToObj(frame).collect(Collectors.joining(",", "[", "]")));
        }

        @Override
        public void close() {
            owner.close();
        }
    }

    private static void assertServed(TestCluster cluster, String room) {
        TestClient other = cluster.connect(0);
        other.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"" + room + "\"}]}");
        for (int number = 1; number <= 5; number++) {
            other.send("{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":" + number + ",\"data\":1}");
            other.await("ack");
            other.await("publication");
        }
        other.close();
    }

    private static double metric(TestCluster cluster, String name) {
        try {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + cluster.node(0).opsPort() + "/metrics"))
                    .build();
            return HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofLines())
                    .body()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @Spec("FL-8")
    void slowsDownWhoSendsFramesTooFastAndHandlesThemAll() {
        double before = metric(strict, "rejoin_throttles_total");
        try (Flooder flooder = new Flooder(strict)) {
            // Nobody answers a pong, so the flooder cannot fall behind with reading.
            for (int i = 0; i < 12; i++) {
                flooder.send(i * AT_ONCE, AT_ONCE, n -> "{\"type\":\"pong\",\"time\":" + n + "}");
                flooder.send("{\"type\":\"ping\",\"time\":" + i + "}");
            }
            assertServed(strict, "fl8-frames");

            flooder.awaitTold("pong", 12);

            assertThat(flooder.closeCode).isZero();
            assertThat(metric(strict, "rejoin_throttles_total")).isGreaterThan(before);
        }
    }

    @Test
    @Spec("FL-8")
    void slowsDownWhoSendsLargeMessagesAtLineRateAndAcknowledgesThemAll() {
        double before = metric(strict, "rejoin_throttles_total");
        String data = "\"" + "x".repeat(64_000) + "\"";
        try (Flooder flooder = new Flooder(strict)) {
            for (int number = 1; number <= 32; number++) {
                flooder.send("{\"type\":\"publish\",\"room\":\"fl8-bytes\",\"number\":" + number + ",\"data\":" + data
                        + "}");
            }
            assertServed(strict, "fl8-other");

            flooder.awaitTold("ack", 32);

            assertThat(flooder.closeCode).isZero();
            assertThat(metric(strict, "rejoin_throttles_total")).isGreaterThan(before);
        }
    }

    @Test
    @Spec("RM-17")
    void answersAHundredThousandJoinsOfOneClientWithinItsBoundOfRooms() {
        try (Flooder flooder = new Flooder(lax)) {
            for (int i = 0; i < 200; i++) {
                boolean same = i % 2 == 0;
                flooder.send(
                        i * AT_ONCE,
                        AT_ONCE,
                        n -> "{\"type\":\"join\",\"room\":\"rm17-" + (same ? 0 : n) + "\",\"ref\":" + n + "}");
                int answers = (i + 1) * AT_ONCE;
                Await.until(
                        () -> flooder.told("joined") + flooder.told("room-limit") + flooder.told("already-joined")
                                >= answers,
                        () -> "expected " + answers + " answers, got " + flooder.told + ", closeCode="
                                + flooder.closeCode);
                if (i == 100) {
                    assertServed(lax, "rm17-other");
                }
            }

            assertThat(flooder.told("joined")).isEqualTo(256);
            assertThat(flooder.told("already-joined")).isEqualTo(100 * AT_ONCE - 1);
            assertThat(flooder.told("room-limit")).isEqualTo(100 * AT_ONCE - 255);
            assertThat(flooder.closeCode).isZero();
        }
    }

    @Test
    void closesWhoFloodsAndReadsNoAnswers() {
        try (Flooder flooder = new Flooder(lax)) {
            flooder.socket.pause();
            for (int i = 0; i < 200; i++) {
                flooder.send(i * AT_ONCE, AT_ONCE, n -> "{\"type\":\"leave\",\"room\":\"never\",\"ref\":" + n + "}");
            }
            assertServed(lax, "fl4-other");

            Await.until(
                    () -> metric(lax, "rejoin_control_queue_overflows_total") > 0,
                    () -> "the replies of a client that reads nothing wait for ever");
        }
    }

    @Test
    @Spec("FL-12")
    void closesWhoPublishesOnInSpiteOfRefusals() {
        try (Flooder flooder = new Flooder(strict)) {
            for (int i = 0; i < 10; i++) {
                flooder.send(
                        1 + i * AT_ONCE,
                        AT_ONCE,
                        n -> "{\"type\":\"publish\",\"room\":\"fl12\",\"number\":" + n + ",\"data\":1}");
            }
            assertServed(strict, "fl12-other");

            Await.until(() -> flooder.closeCode != 0, () -> "still open, told=" + flooder.told);

            assertThat(flooder.closeCode).isEqualTo(4504);
            assertThat(flooder.told("ack")).isGreaterThanOrEqualTo(300 - 256);
        }
    }
}
