package io.rejoin.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.transport.VertxEventLoop;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HealthServerIT {

    private final Vertx vertx = Vertx.vertx();
    private final List<VertxEventLoop> loops = VertxEventLoop.spread(vertx, 2);
    private volatile Optional<String> unready = Optional.empty();
    private final HealthServer health =
            await(HealthServer.start(vertx, "127.0.0.1", 0, loops, () -> unready, () -> "# HELP x y\nx 1.0\n"));

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
}
