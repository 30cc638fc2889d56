package io.rejoin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.auth.Grants;
import io.rejoin.auth.Hook;
import io.rejoin.auth.HookConfig;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.TestCa;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HttpHookIT {

    private static final byte[] QUESTION = "{\"token\":\"t\"}".getBytes(StandardCharsets.UTF_8);
    private static final Duration LONG = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final TestCa CA = new TestCa("hook-ca");

    private final Vertx vertx = Vertx.vertx();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        RoomLogContract.await(vertx.close());
    }

    private HttpServer serve(HttpServerOptions options, Consumer<HttpServerRequest> answer) {
        return RoomLogContract.await(
                vertx.createHttpServer(options).requestHandler(answer::accept).listen(0, "127.0.0.1"));
    }

    private static HookConfig config(String url, Duration timeout, Optional<Path> ca) {
        return new HookConfig(
                URI.create(url),
                Optional.of("a-key-of-the-node"),
                ca,
                timeout,
                2,
                5,
                Duration.ofSeconds(5),
                List.of(),
                Grants.NONE);
    }

    private Hook served(Duration timeout, Consumer<HttpServerRequest> answer) {
        int port = serve(new HttpServerOptions(), answer).actualPort();
        return RoomLogContract.await(
                HttpHook.create(vertx, config("http://127.0.0.1:" + port + "/hook?v=1", timeout, Optional.empty())));
    }

    private static String body(Hook.Answer answer) {
        return StandardCharsets.UTF_8.decode(answer.body()).toString();
    }

    private static Throwable failureOf(Future<?> asked) {
        Await.until(asked::isComplete, () -> "the hook is still being asked");
        assertThat(asked.failed()).isTrue();
        return asked.cause();
    }

    @Test
    void postsTheQuestionWithTheKeyOfTheNode() {
        Hook hook = served(
                LONG,
                request -> request.body()
                        .onSuccess(body -> request.response()
                                .setStatusCode(403)
                                .end(request.method() + " " + request.uri() + " " + request.getHeader("Authorization")
                                        + " " + request.getHeader("Content-Type") + " " + body)));

        Hook.Answer answer = RoomLogContract.await(hook.ask(QUESTION));

        assertThat(answer.status()).isEqualTo(403);
        assertThat(body(answer))
                .isEqualTo("POST /hook?v=1 Bearer a-key-of-the-node application/json {\"token\":\"t\"}");
    }

    @Test
    void keepsConnectionsForFurtherQuestions() {
        Set<Object> connections = ConcurrentHashMap.newKeySet();
        Hook hook = served(LONG, request -> {
            connections.add(request.connection().remoteAddress());
            request.response().end("{}");
        });

        // A connection is free again a moment after its answer: there may be a second one.
        Future<Hook.Answer> last = hook.ask(QUESTION);
        for (int i = 0; i < 10; i++) {
            last = last.compose(answer -> hook.ask(QUESTION));
        }
        RoomLogContract.await(last);

        assertThat(connections).hasSizeBetween(1, 2);
    }

    @Test
    void followsNoRedirects() {
        AtomicInteger requests = new AtomicInteger();
        Hook hook = served(LONG, request -> {
            requests.incrementAndGet();
            request.response()
                    .setStatusCode(307)
                    .putHeader("Location", "/elsewhere")
                    .end();
        });

        assertThat(RoomLogContract.await(hook.ask(QUESTION)).status()).isEqualTo(307);
        assertThat(requests).hasValue(1);
    }

    @Test
    void takesAsMuchAsItMayAndNoMore() {
        Hook most = served(LONG, request -> request.response().end(Buffer.buffer(new byte[Hook.MAX_BYTES])));
        Hook more = served(
                LONG, request -> request.response().setChunked(true).end(Buffer.buffer(new byte[Hook.MAX_BYTES + 1])));

        assertThat(RoomLogContract.await(most.ask(QUESTION)).body().remaining()).isEqualTo(Hook.MAX_BYTES);
        assertThat(failureOf(more.ask(QUESTION))).hasMessageContaining("is too large");
    }

    @Test
    void givesUpOnWhatIsNotAnsweredInFullWithinTheTimeAndAsksOn() {
        AtomicInteger requests = new AtomicInteger();
        AtomicInteger cutOff = new AtomicInteger();
        Hook hook = served(SHORT, request -> {
            request.connection().closeHandler(closed -> cutOff.incrementAndGet());
            switch (requests.incrementAndGet() % 3) {
                case 1 -> request.response().setChunked(true).write("{");
                case 2 -> trickle(request.response().setChunked(true));
                default -> request.response().end("{}");
            }
        });

        // More than there are places for, so that what was given up has left its place.
        for (int i = 0; i < 3; i++) {
            assertThat(failureOf(hook.ask(QUESTION))).isInstanceOf(java.util.concurrent.TimeoutException.class);
            assertThat(failureOf(hook.ask(QUESTION))).isInstanceOf(java.util.concurrent.TimeoutException.class);
            assertThat(body(RoomLogContract.await(hook.ask(QUESTION)))).isEqualTo("{}");
        }
        Await.until(() -> cutOff.get() >= 6, () -> "connections cut off=" + cutOff);
    }

    private void trickle(HttpServerResponse response) {
        vertx.setPeriodic(20, timer -> {
            if (response.closed()) {
                vertx.cancelTimer(timer);
            } else {
                response.write(" ");
            }
        });
    }

    @Test
    void failsWhenNobodyListens() {
        HttpServer gone = serve(new HttpServerOptions(), request -> {});
        int port = gone.actualPort();
        RoomLogContract.await(gone.close());
        Hook hook = RoomLogContract.await(
                HttpHook.create(vertx, config("http://127.0.0.1:" + port + "/", LONG, Optional.empty())));

        assertThat(failureOf(hook.ask(QUESTION))).isInstanceOf(java.net.ConnectException.class);
    }

    @Test
    void trustsWhomTheAuthorityVouchesForAndNobodyElse() throws Exception {
        TestCa.Issued issued = CA.issue("hook");
        HttpServerOptions options = new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(issued.certificate()))
                        .addKeyValue(Buffer.buffer(issued.key())));
        int port = serve(options, request -> request.response().end("{}")).actualPort();
        String url = "https://localhost:" + port + "/";
        Path ca = Files.writeString(directory.resolve("ca.crt"), CA.pem());
        Path otherCa = Files.writeString(directory.resolve("other.crt"), new TestCa("other").pem());

        Hook trusting = RoomLogContract.await(HttpHook.create(vertx, config(url, LONG, Optional.of(ca))));
        Hook usual = RoomLogContract.await(HttpHook.create(vertx, config(url, LONG, Optional.empty())));
        Hook other = RoomLogContract.await(HttpHook.create(vertx, config(url, LONG, Optional.of(otherCa))));

        assertThat(RoomLogContract.await(trusting.ask(QUESTION)).status()).isEqualTo(200);
        assertThat(failureOf(usual.ask(QUESTION))).isInstanceOf(javax.net.ssl.SSLException.class);
        assertThat(failureOf(other.ask(QUESTION))).isInstanceOf(javax.net.ssl.SSLException.class);
    }

    @Test
    void namesAnAuthorityFileThatIsOfNoUse() throws Exception {
        Path missing = directory.resolve("missing.crt");
        Path empty = Files.writeString(directory.resolve("empty.crt"), "");
        Path garbage = Files.writeString(directory.resolve("garbage.crt"), "no certificate");

        for (Path file : List.of(missing, empty, garbage)) {
            assertThat(failureOf(HttpHook.create(vertx, config("https://localhost/", LONG, Optional.of(file)))))
                    .hasMessageContaining("auth.hook.ca=" + file);
        }
    }
}
