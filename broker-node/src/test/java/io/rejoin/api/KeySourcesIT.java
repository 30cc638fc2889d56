package io.rejoin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.auth.KeySource;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeySourcesIT {

    private final Vertx vertx = Vertx.vertx();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        RoomLogContract.await(vertx.close());
    }

    private KeySource served(Consumer<HttpServerRequest> answer) {
        return served(new HttpServerOptions(), "http", answer);
    }

    private KeySource served(HttpServerOptions options, String scheme, Consumer<HttpServerRequest> answer) {
        HttpServer server = RoomLogContract.await(
                vertx.createHttpServer(options).requestHandler(answer::accept).listen(0, "127.0.0.1"));
        return KeySources.at(
                vertx,
                new KeyLocation.KeyUrl(URI.create(scheme + "://localhost:" + server.actualPort() + "/keys?v=1")));
    }

    private static Throwable failureOf(KeySource source) {
        Future<byte[]> read = source.read();
        Await.until(read::isComplete, () -> "keys are still being read");
        assertThat(read.failed()).isTrue();
        return read.cause();
    }

    @Test
    void readsWhatAUrlServes() {
        KeySource source = served(request -> request.response().end(request.uri()));

        assertThat(RoomLogContract.await(source.read())).asString().isEqualTo("/keys?v=1");
        assertThat(RoomLogContract.await(source.read())).asString().isEqualTo("/keys?v=1");
    }

    @Test
    void followsNoRedirects() {
        KeySource source = served(request -> request.response()
                .setStatusCode(302)
                .putHeader("Location", "/elsewhere")
                .end());

        assertThat(failureOf(source)).hasMessageContaining("status=302 (expected: 200)");
    }

    @Test
    void takesNoMoreThanItMay() {
        KeySource source = served(
                request -> request.response().setChunked(true).end(Buffer.buffer(new byte[KeySource.MAX_BYTES + 1])));

        assertThat(failureOf(source)).hasMessageContaining("is too large");
    }

    @Test
    void givesUpOnAServerThatKeepsSilent() {
        KeySource source = served(request -> request.response().setChunked(true).write("{"));

        assertThat(failureOf(source)).isInstanceOf(java.util.concurrent.TimeoutException.class);
    }

    @Test
    void trustsNoCertificateThatNobodyVouchesFor() {
        SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
        KeySource source = served(
                new HttpServerOptions().setSsl(true).setKeyCertOptions(certificate.keyCertOptions()),
                "https",
                request -> request.response().end("{}"));

        assertThat(failureOf(source)).isInstanceOf(javax.net.ssl.SSLException.class);
    }

    @Test
    void readsFiles() throws Exception {
        Path file = Files.writeString(directory.resolve("keys"), "content");

        assertThat(RoomLogContract.await(
                        KeySources.at(vertx, new KeyLocation.KeyFile(file)).read()))
                .asString()
                .isEqualTo("content");
        Files.write(file, new byte[KeySource.MAX_BYTES + 1]);
        assertThat(failureOf(KeySources.at(vertx, new KeyLocation.SecretFile(file))))
                .hasMessageContaining("is too large");
        assertThat(failureOf(KeySources.at(vertx, new KeyLocation.KeyFile(directory.resolve("missing")))))
                .hasMessageContaining("missing cannot be read (expected: a file");
    }
}
