package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.clusterconfig.BusTls;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.TestCa;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
final class BusTlsIT extends LogTest {

    private static final TestCa CA = new TestCa("cluster-ca");
    private static final TestCa FOREIGN_CA = new TestCa("foreign-ca");
    private static final DeliveryOptions SHORT = new DeliveryOptions().setSendTimeout(1_500);

    @TempDir
    private static Path directory;

    private static TestMembers members;
    private static Vertx first;
    private static Vertx second;
    private static Vertx foreign;
    private static final Queue<String> TOLD = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void start() throws IOException {
        Files.writeString(directory.resolve("cluster.ca"), CA.pem());
        Files.writeString(directory.resolve("foreign.ca"), FOREIGN_CA.pem());
        CA.issue("n0").write(directory, "n0");
        CA.issue("n1").write(directory, "n1");
        FOREIGN_CA.issue("n2").write(directory, "n2");
        members = TestMembers.start(3, RoomLogContract.LIMITS);
        first = startVertx(0, "cluster.ca");
        second = startVertx(1, "cluster.ca");
        foreign = startVertx(2, "foreign.ca");
    }

    @AfterAll
    static void stop() {
        await(first.close());
        await(second.close());
        await(foreign.close());
        members.close();
    }

    private static Vertx startVertx(int index, String ca) {
        String name = "n" + index;
        ClusterConfig config = members.config(index)
                .withBusTls(Optional.of(new BusTls(
                        directory.resolve(name + ".crt"), directory.resolve(name + ".key"), directory.resolve(ca))));
        Vertx vertx = await(ClusterRuntime.startVertx(members.member(index), config, 2));
        await(vertx.eventBus()
                .<String>consumer(name, message -> {
                    TOLD.add(message.body());
                    message.reply("got");
                })
                .completion());
        return vertx;
    }

    /** Asks until it is known who listens at the address; registrations reach other nodes a moment later. */
    private static Future<Message<String>> ask(Vertx from, String address, String text) {
        AtomicReference<Future<Message<String>>> asked = new AtomicReference<>(send(from, address, text));
        Await.until(
                () -> {
                    if (asked.get().isComplete() && isUnknown(asked.get().cause())) {
                        asked.set(send(from, address, text));
                    }
                    return asked.get().isComplete();
                },
                () -> "no answer and no failure");
        return asked.get();
    }

    private static Future<Message<String>> send(Vertx from, String address, String text) {
        return from.eventBus().request(address, text, SHORT);
    }

    private static boolean isUnknown(Throwable cause) {
        return cause instanceof ReplyException refused && refused.failureType() == ReplyFailure.NO_HANDLERS;
    }

    @Test
    void connectsNodesOfOneAuthority() {
        assertThat(ask(first, "n1", "to second").succeeded()).isTrue();
        assertThat(ask(second, "n0", "to first").succeeded()).isTrue();

        assertThat(TOLD).contains("to second", "to first");
    }

    @Test
    void tellsNothingToANodeOfAnotherAuthority() {
        assertThat(ask(first, "n2", "secret").failed()).isTrue();

        assertThat(TOLD).doesNotContain("secret");
    }

    @Test
    void takesNothingFromANodeOfAnotherAuthority() {
        assertThat(ask(foreign, "n0", "forged").failed()).isTrue();

        assertThat(TOLD).doesNotContain("forged");
    }

    @Test
    void takesNothingWithoutACertificate() throws Exception {
        int port = members.config(0).bus().port();
        try (SSLSocket socket = (SSLSocket) CA.trusting().getSocketFactory().createSocket("127.0.0.1", port)) {
            socket.setSoTimeout(20_000);
            // The last word of a handshake in TLS 1.3 is the client's: it is refused at the first read.
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> {
                        socket.startHandshake();
                        socket.getInputStream().read();
                    })
                    .hasMessageContaining("certificate");
        }
    }

    @Test
    void takesNothingInPlainText() throws Exception {
        try (Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), members.config(0).bus().port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(new byte[64]);

            // An alert of TLS, and then the end.
            int alert = socket.getInputStream().read();
            assertThat(alert).isIn(-1, 21);
        }
    }
}
