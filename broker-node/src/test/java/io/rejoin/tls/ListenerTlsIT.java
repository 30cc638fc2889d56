package io.rejoin.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.rejoin.testing.Await;
import io.rejoin.testing.TestCa;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

final class ListenerTlsIT {

    private static final TestCa CA = new TestCa("test-ca");
    private static final Duration OFTEN = Duration.ofMillis(50);

    private final Vertx vertx = Vertx.vertx();
    private final Logger log = (Logger) LoggerFactory.getLogger(ListenerTls.class);
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

    @TempDir
    private Path directory;

    @BeforeEach
    void listenToTheLog() {
        logged.start();
        log.addAppender(logged);
    }

    @AfterEach
    void close() {
        log.detachAppender(logged);
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) {
        Await.until(future::isComplete, () -> "future not complete");
        if (future.failed()) {
            throw new AssertionError(future.cause());
        }
        return future.result();
    }

    private PemFiles files() {
        return new PemFiles(directory.resolve("node.crt"), directory.resolve("node.key"));
    }

    private HttpServer listen() {
        ListenerTls tls =
                await(ListenerTls.load(vertx, "client", Optional.of(files()))).orElseThrow();
        HttpServerOptions options = new HttpServerOptions();
        tls.configure(options, Duration.ofSeconds(10));
        HttpServer server = await(vertx.createHttpServer(options)
                .requestHandler(request -> request.response().end())
                .listen(0, "127.0.0.1"));
        tls.follow(server, options, OFTEN);
        return server;
    }

    private static String subject(HttpServer server, String... protocols) throws Exception {
        try (SSLSocket socket =
                (SSLSocket) CA.trusting().getSocketFactory().createSocket("127.0.0.1", server.actualPort())) {
            if (protocols.length > 0) {
                socket.setEnabledProtocols(protocols);
            }
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    private String warnings() {
        return List.copyOf(logged.list).stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .collect(Collectors.joining("\n"));
    }

    private void awaitWarning(String text) {
        Await.until(() -> warnings().contains(text), () -> "warnings=" + warnings());
    }

    @Test
    void takesAChangedCertificateWithoutRestart() throws Exception {
        CA.issue("first").write(directory, "node");
        HttpServer server = listen();
        assertThat(subject(server)).isEqualTo("CN=first");

        CA.issue("second").write(directory, "node");

        Await.until(
                () -> {
                    try {
                        return subject(server).equals("CN=second");
                    } catch (Exception e) {
                        throw new AssertionError("a handshake failed during the change", e);
                    }
                },
                () -> "still the first certificate; warnings=" + warnings());
    }

    @Test
    void keepsTheFormerCertificateWhenTheNewOneIsBrokenAndTakesTheNextGoodOne() throws Exception {
        CA.issue("first").write(directory, "node");
        HttpServer server = listen();

        Files.writeString(files().certificate(), "no PEM");
        awaitWarning(files().certificate().toString());
        assertThat(subject(server)).isEqualTo("CN=first");

        CA.issue("second").write(directory, "node");
        Await.until(
                () -> {
                    try {
                        return subject(server).equals("CN=second");
                    } catch (Exception e) {
                        throw new AssertionError("a handshake failed during the change", e);
                    }
                },
                () -> "still the first certificate; warnings=" + warnings());
        assertThat(warnings().lines()).hasSize(1);
    }

    @Test
    void keepsTheFormerCertificateWhenTheKeyIsOfAnother() throws Exception {
        CA.issue("first").write(directory, "node");
        HttpServer server = listen();

        Files.writeString(files().key(), CA.issue("other").key());

        awaitWarning("key=" + files().key() + " is not the key of certificate=" + files().certificate());
        assertThat(subject(server)).isEqualTo("CN=first");
    }

    @Test
    void keepsTheFormerCertificateWhenAFileIsGone() throws Exception {
        CA.issue("first").write(directory, "node");
        HttpServer server = listen();

        Files.delete(files().key());

        awaitWarning("file=" + files().key() + " is not there");
        assertThat(subject(server)).isEqualTo("CN=first");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void speaksTheVersionsThatAreSound(String version) throws Exception {
        CA.issue("node").write(directory, "node");

        assertThat(subject(listen(), version)).isEqualTo("CN=node");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1", "TLSv1.1"})
    void speaksNoOlderOnes(String version) throws Exception {
        CA.issue("node").write(directory, "node");
        HttpServer server = listen();

        assertThatThrownBy(() -> subject(server, version)).isInstanceOf(SSLException.class);
    }

    @Test
    void failsTheStartWithTheNameOfTheBrokenFile() throws Exception {
        CA.issue("node").write(directory, "node");
        Files.writeString(files().key(), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");

        Future<?> loaded = ListenerTls.load(vertx, "client", Optional.of(files()));
        Await.until(loaded::isComplete, () -> "not loaded");

        assertThat(loaded.cause()).hasMessageContaining("key=" + files().key());
    }

    @Test
    void failsTheStartWithoutAFile() throws IOException {
        Future<?> loaded = ListenerTls.load(vertx, "client", Optional.of(files()));
        Await.until(loaded::isComplete, () -> "not loaded");

        assertThat(loaded.cause()).hasMessageContaining("file=" + files().certificate() + " is not there");
    }
}
