package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.CloseCode;
import io.rejoin.testing.TestCa;
import io.rejoin.tls.PemFiles;
import io.rejoin.transport.TransportFixture.Peer;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All of a connection's contract over TLS, and what TLS adds. */
final class SecureWebSocketConnectionIT extends WebSocketConnectionIT {

    private static final TestCa CA = new TestCa("test-ca");

    @TempDir
    private static Path directory;

    private static SSLContext trust;
    private static TransportFixture.Tls tls;

    @BeforeAll
    static void issue() throws Exception {
        CA.issue("node").write(directory, "node");
        trust = CA.trusting();
        tls = new TransportFixture.Tls(
                new PemFiles(directory.resolve("node.crt"), directory.resolve("node.key")), trust);
    }

    @Override
    TransportFixture start(TransportConfig config, int loops, boolean nativeTransport) {
        return TransportFixture.start(config, loops, nativeTransport, tls);
    }

    @Override
    HttpClient otherClient() {
        return HttpClient.newBuilder().sslContext(trust).build();
    }

    @Override
    String scheme() {
        return "wss";
    }

    private static void use(RawClient client, String version) {
        ((SSLSocket) client.socket).setEnabledProtocols(new String[] {version});
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void tellsTheCodeOfABrokenFrameInEveryVersion(String version) throws Exception {
        try (TransportFixture fixture = start(TransportFixture.config(), 1, true);
                RawClient client = fixture.open()) {
            use(client, version);
            client.upgrade();
            client.send(RawClient.CONTINUATION_END, "of nothing");

            client.readClose(1002);
            client.awaitEnd();
            client.end();

            assertThat(((SSLSocket) client.socket).getSession().getProtocol()).isEqualTo(version);
            fixture.peer(0).awaitClosed(1002);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void takesTheEndOfTheStreamForTheEndOfTheConnection(String version) throws Exception {
        try (TransportFixture fixture = start(TransportFixture.config(), 1, true);
                RawClient client = fixture.open()) {
            use(client, version);
            client.upgrade();
            client.send(RawClient.TEXT, "last");
            client.socket.shutdownOutput();

            fixture.peer(0).awaitMessages("last");
            fixture.peer(0).awaitClosed(1006);
        }
    }

    @Test
    void speaksNoTlsThatIsBroken() throws Exception {
        try (TransportFixture fixture = start(TransportFixture.config(), 1, true);
                RawClient client = fixture.open();
                RawClient plain = RawClient.open(fixture.server.port())) {
            plain.sendRaw(new byte[] {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'});
            plain.awaitEnd();
            client.upgrade();

            client.send(RawClient.TEXT, "fine");
            fixture.peer(0).awaitMessages("fine");
            assertThat(fixture.metrics.opened).hasValue(1);
        }
    }

    @Test
    void cutsOffAtOnceAClientThatReadsNothing() throws Exception {
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(100));
        try (TransportFixture hasty = start(impatient, 1, true);
                RawClient client = hasty.openSmall()) {
            client.upgrade();
            Peer deaf = hasty.peer(0);
            writeUntilFull(deaf, TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));
            long begin = System.nanoTime();

            deaf.onLoop(connection -> connection.close(CloseCode.SLOW_CONSUMER, 0));
            deaf.awaitClosed(4002);

            // TLS alone would wait 3 s for its last word to be taken.
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(2_500));
        }
    }

    @Test
    void isDrainedOnlyOnceTheKernelHasAll() throws Exception {
        try (TransportFixture fixture = start(TransportFixture.config(), 1, true);
                RawClient client = fixture.openSmall()) {
            client.upgrade();
            Peer peer = fixture.peer(0);
            int written = writeUntilFull(peer, TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));
            long[] before = new long[1];
            peer.onLoop(connection -> {
                assertThat(connection.isDrained()).isFalse();
                before[0] = connection.progress();
            });
            peer.onLoop(connection -> assertThat(connection.progress()).isEqualTo(before[0]));

            int read = 0;
            while (read < written) {
                read += client.read().text().split("\"data\"", -1).length - 1;
            }

            io.rejoin.testing.Await.until(() -> peer.writable.get() > 0, () -> "writable=" + peer.writable);
            peer.onLoop(connection -> {
                assertThat(connection.isDrained()).isTrue();
                assertThat(connection.progress()).isNotEqualTo(before[0]);
            });
        }
    }
}
