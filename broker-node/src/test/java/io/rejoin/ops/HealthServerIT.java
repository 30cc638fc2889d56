package io.rejoin.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.config.ConfigLoader;
import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicies.Namespace;
import io.rejoin.room.RoomPolicy;
import io.rejoin.room.SlowConsumerAction;
import io.rejoin.testing.Await;
import io.rejoin.transport.VertxEventLoop;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HealthServerIT {

    private static final RoomPolicies POLICIES = new RoomPolicies(
            policy(RoomClass.DURABLE, Duration.ZERO),
            List.of(
                    new Namespace("prices/", policy(RoomClass.CONFLATED, Duration.ofMillis(1_500))),
                    new Namespace("a.\"b\"", policy(RoomClass.CONFLATED, Duration.ZERO)),
                    new Namespace("typing/", policy(RoomClass.EPHEMERAL, Duration.ZERO))));

    private final Vertx vertx = Vertx.vertx();
    private final List<VertxEventLoop> loops = VertxEventLoop.spread(vertx, 2);
    private volatile Optional<String> unready = Optional.empty();
    private final HealthServer health = await(HealthServer.start(
            vertx,
            "127.0.0.1",
            0,
            Optional.empty(),
            loops,
            () -> unready,
            () -> "# HELP x y\nx 1.0\n",
            POLICIES,
            room -> List.of(room + "-owner", "n2")));

    private static RoomPolicy policy(RoomClass roomClass, Duration conflationInterval) {
        return new RoomPolicy(
                roomClass,
                1_000,
                1_536,
                Duration.ofMinutes(10),
                12,
                13,
                14,
                PublishRight.MEMBERS,
                Duration.ofMillis(2_500),
                SlowConsumerAction.SKIP,
                conflationInterval,
                true);
    }

    @AfterEach
    void close() {
        await(health.stop());
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) {
        Await.until(future::isComplete, () -> "future not complete");
        if (future.failed()) {
            throw new AssertionError(future.cause());
        }
        return future.result();
    }

    private HttpResponse<String> request(String method, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + health.port() + path))
                                .method(method, HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void isLiveWhileAllLoopsTurn() throws Exception {
        HttpResponse<String> answer = request("GET", "/livez");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"live\":true}\n");
    }

    @Test
    void isNotLiveWhenALoopIsStuck() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        loops.get(1).execute(() -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            HttpResponse<String> answer = request("GET", "/livez");

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("\"live\":false", "answered=1 of=2 withinMs=2000");
        } finally {
            release.countDown();
        }
    }

    @Test
    void isReadyWhenTheProbeSaysSo() throws Exception {
        HttpResponse<String> answer = request("GET", "/readyz");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"ready\":true}\n");
    }

    @Test
    void tellsWhyItIsNotReady() throws Exception {
        unready = Optional.of("members=1 (expected: at least 2)");

        HttpResponse<String> answer = request("GET", "/readyz");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"ready\":false,\"reason\":\"members=1 (expected: at least 2)\"}\n");
    }

    @Test
    void showsMetrics() throws Exception {
        HttpResponse<String> answer = request("GET", "/metrics");

        assertThat(answer.headers().firstValue("content-type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(answer.body()).isEqualTo("# HELP x y\nx 1.0\n");
    }

    @Test
    void refusesOtherPathsAndMethods() throws Exception {
        assertThat(request("GET", "/").statusCode()).isEqualTo(404);
        assertThat(request("POST", "/readyz").statusCode()).isEqualTo(405);
        assertThat(request("HEAD", "/readyz").statusCode()).isEqualTo(200);
    }

    @Test
    void tellsWhichNodesHoldARoom() throws Exception {
        HttpResponse<String> answer = request("GET", "/rooms/a%2Fb");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"room\":\"a/b\",\"nodes\":[\"a/b-owner\",\"n2\"]}\n");
    }

    @Test
    void refusesToLookForWhatIsNoNameOfARoom() throws Exception {
        assertThat(request("GET", "/rooms/").statusCode()).isEqualTo(400);
        assertThat(request("GET", "/rooms/a%00").statusCode()).isEqualTo(400);
    }

    @Test
    void tellsThePoliciesInTheFormOfTheConfiguration(@TempDir Path directory) throws Exception {
        HttpResponse<String> answer = request("GET", "/policies");

        Path file = Files.writeString(directory.resolve("rejoin.yaml"), answer.body());
        RoomPolicies read = ConfigLoader.load(
                        Optional.of(file), Map.of("REJOIN_AUTH_MODE", "anonymous"), Map.of(), "host-1")
                .rooms()
                .policies();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(answer.body())
                .contains("\"history-count\":1000", "\"typing/\":{\"class\":\"ephemeral\",\"members\":12");
        assertThat(read.fallback()).isEqualTo(POLICIES.fallback());
        assertThat(read.of(new RoomId("prices/1"))).isEqualTo(POLICIES.of(new RoomId("prices/1")));
        assertThat(read.of(new RoomId("a.\"b\""))).isEqualTo(POLICIES.of(new RoomId("a.\"b\"")));
        RoomPolicy typing = read.of(new RoomId("typing/1"));
        assertThat(typing.roomClass()).isEqualTo(RoomClass.EPHEMERAL);
        assertThat(typing.publishRight()).isEqualTo(PublishRight.MEMBERS);
    }
}
