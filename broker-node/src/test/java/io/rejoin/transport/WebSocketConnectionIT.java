package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.Connection;
import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.transport.TransportFixture.Peer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebSocketConnectionIT {

    private final TransportFixture fixture = start(TransportFixture.config());

    private TransportFixture start(TransportConfig config) {
        return start(config, 2, true);
    }

    /** A listener; that of another kind of socket has to be none the different for it. */
    TransportFixture start(TransportConfig config, int loops, boolean nativeTransport) {
        return TransportFixture.start(config, loops, nativeTransport);
    }

    /** A client of another implementation, and the scheme that it has to use. */
    HttpClient otherClient() {
        return HttpClient.newHttpClient();
    }

    String scheme() {
        return "ws";
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void handsOverTextAsBytesInOrder() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT, "{\"a\":\"ü\"}");
            client.send(RawClient.TEXT, "");
            client.send(RawClient.TEXT, "x".repeat(1024));

            fixture.peer(0).awaitMessages("{\"a\":\"ü\"}", "", "x".repeat(1024));
            assertThat(fixture.metrics.received).hasValue(10 + 1024);
        }
    }

    @Test
    void joinsFragmentsAroundPings() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT_BEGIN, "{\"a\":");
            client.send(RawClient.PING, "alive");
            client.send(RawClient.CONTINUATION, "");
            client.send(RawClient.CONTINUATION_END, "1}");

            fixture.peer(0).awaitMessages("{\"a\":1}");
            RawClient.Frame pong = client.read();
            assertThat(pong.first()).isEqualTo(RawClient.PONG);
            assertThat(pong.text()).isEqualTo("alive");
        }
    }

    @Test
    void waitsForTheClientToAnswerAMark() throws Exception {
        try (RawClient client = fixture.connect()) {
            TransportFixture.Peer peer = fixture.peer(0);
            peer.onLoop(Connection::mark);
            RawClient.Frame mark = client.read();
            assertThat(mark.first()).isEqualTo(RawClient.PING);
            long[] before = {0};
            peer.onLoop(connection -> {
                assertThat(connection.isDrained()).isFalse();
                connection.mark();
                before[0] = connection.progress();
            });
            int told = peer.writable.get();

            client.send(RawClient.PONG, "another");
            client.send(RawClient.PONG, mark.text());

            Await.until(() -> peer.writable.get() > told, () -> "was not told that the client has everything");
            peer.onLoop(connection -> {
                assertThat(connection.isDrained()).isTrue();
                assertThat(connection.progress()).isNotEqualTo(before[0]);
            });
        }
    }

    @Test
    @Spec("FR-8")
    void closesOnATooLargeFrame() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT, "x".repeat(1025));

            client.readClose(1009);
            client.socket.shutdownOutput();
            fixture.peer(0).awaitClosed(1009);
            assertThat(fixture.peer(0).messages).isEmpty();
        }
    }

    @Test
    void closesOnATooLargeFrameThatIsStillBeingSent() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.sendRaw(
                    new byte[] {(byte) RawClient.TEXT, (byte) (0x80 | 127), 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4});
            client.sendRaw(new byte[256 * 1024]);

            client.readClose(1009);
            client.awaitEnd();
            client.sendRaw(new byte[256 * 1024]);
            client.socket.shutdownOutput();
            fixture.peer(0).awaitClosed(1009);
        }
    }

    @Test
    @Spec("FR-8")
    void closesOnATooLargeMessageOfFragments() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT_BEGIN, "x".repeat(1000));
            client.send(RawClient.CONTINUATION_END, "x".repeat(25));

            assertThat(client.readClose(1009)).isEqualTo("message of more than 1024 bytes");
            client.sendClose(1009);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(1009);
            assertThat(fixture.peer(0).messages).isEmpty();
        }
    }

    @Test
    @Spec("FR-7")
    void closesOnABinaryMessageAndReadsNothingBehindIt() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.BINARY, "x");
            client.send(RawClient.TEXT, "y");

            assertThat(client.readClose(4500)).startsWith("binary message");
            client.sendClose(4500);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(4500);
            assertThat(fixture.peer(0).messages).isEmpty();
        }
    }

    /** Not masked; reserved opcode; reserved bit; continuation of nothing; ping of 126 bytes; fragmented ping. */
    @ParameterizedTest
    @ValueSource(strings = {"8101 78", "8380 01020304", "C180 01020304", "8080 01020304", "89FE 007E", "0980 01020304"})
    @Spec("CL-1")
    void closesOnABrokenFrame(String hex) throws Exception {
        try (RawClient client = fixture.connect()) {
            client.sendRaw(HexFormat.of().parseHex(hex.replace(" ", "")));

            client.readClose(1002);
            client.awaitEnd();
            client.end();
            fixture.peer(0).awaitClosed(1002);
        }
    }

    @Test
    void answersACloseFrameWithItsCode() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.sendClose(3001);

            assertThat(client.readClose(3001)).isEmpty();
            client.awaitEnd();
            fixture.peer(0).awaitClosed(3001);
            assertThat(fixture.metrics.closed).containsExactly(3001);
        }
    }

    @Test
    void answersACloseFrameWithoutCode() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.CLOSE, "");

            assertThat(client.read().payload()).isEmpty();
            client.awaitEnd();
            fixture.peer(0).awaitClosed(1005);
        }
    }

    @Test
    void tellsWhenTheSocketJustEnds() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0);
            client.end();

            fixture.peer(0).awaitClosed(1006);
        }
    }

    @Test
    void tellsWhenTheSocketIsReset() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0);
            client.socket.setSoLinger(true, 0);
            client.end();

            fixture.peer(0).awaitClosed(1006);
        }
    }

    @Test
    @Spec("CL-2")
    void closesWithRetryAfter() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0).onLoop(connection -> connection.close(CloseCode.OVERLOADED, 1500));

            assertThat(client.readClose(4004)).isEqualTo("retry-after=1500");
            client.sendClose(4004);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(4004);
        }
    }

    @Test
    void sendsWhatIsQueuedBeforeItCloses() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0).onLoop(connection -> {
                connection.send(TransportFixture.frame("{\"n\":1}"));
                connection.close(CloseCode.TAKEN_OVER, "because");
                connection.send(TransportFixture.frame("{\"n\":2}"));
                connection.write(TransportFixture.frame("{\"n\":3}"));
                connection.close(CloseCode.REVOKED, 0);
            });

            assertThat(client.read().text()).isEqualTo("{\"n\":1}");
            RawClient.Frame close = client.read();
            assertThat(close.closeCode()).isEqualTo(4503);
            assertThat(close.closeReason()).isEqualTo("because");
        }
    }

    @Test
    void canBeClosedWhileItIsAccepted() throws Exception {
        fixture.onOpen = peer -> peer.connection.close(CloseCode.FORBIDDEN, 0);
        try (RawClient client = fixture.connect()) {
            assertThat(client.readClose(4502)).isEqualTo("forbidden");
            client.sendClose(4502);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(4502);
        }
    }

    @Test
    void cutsOffAClientThatDoesNotAnswerTheClose() throws Exception {
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(100));
        try (TransportFixture hasty = start(impatient);
                RawClient client = hasty.connect()) {
            hasty.peer(0).onLoop(connection -> connection.close(CloseCode.NO_QUORUM, 0));

            client.readClose(4005);
            client.awaitEnd();
            hasty.peer(0).awaitClosed(4005);
        }
    }

    @Test
    void sendsOneMessageAndOneWritePerTurn() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0).onLoop(connection -> {
                connection.send(TransportFixture.frame("{\"n\":1}"));
                connection.write(TransportFixture.frame("{\"n\":2}"));
                connection.send(TransportFixture.frame("{\"n\":3}"));
            });

            assertThat(client.read().text()).isEqualTo("[{\"n\":1},{\"n\":2},{\"n\":3}]");
            assertThat(fixture.metrics.writes).hasValue(1);
            assertThat(fixture.metrics.frames).hasValue(3);
        }
    }

    @Test
    void sharesAFrameBetweenConnectionsOfAllLoops() throws Exception {
        EncodedFrame shared = TransportFixture.frame("{\"data\":\"" + "x".repeat(5000) + "\"}");
        try (RawClient first = fixture.connect();
                RawClient second = fixture.connect()) {
            for (int i = 0; i < 3; i++) {
                fixture.peer(0).onLoop(connection -> connection.write(shared));
                fixture.peer(1).onLoop(connection -> connection.write(shared));
            }

            for (int i = 0; i < 3; i++) {
                assertThat(first.read().payload()).isEqualTo(shared.message());
                assertThat(second.read().payload()).isEqualTo(shared.message());
            }
            assertThat(fixture.peer(0).connection.loop())
                    .isNotSameAs(fixture.peer(1).connection.loop());
        }
    }

    @Test
    void readsNothingWhilePaused() throws Exception {
        try (RawClient client = fixture.connect()) {
            Peer peer = fixture.peer(0);
            peer.onLoop(connection -> connection.pauseReading());
            byte[] message = "x".repeat(1000).getBytes(StandardCharsets.US_ASCII);
            client.socket.setSendBufferSize(4096);
            AtomicInteger written = new AtomicInteger();
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < 20_000; i++) {
                        client.send(RawClient.TEXT, message);
                        written.incrementAndGet();
                    }
                } catch (IOException e) {
                    written.set(-1);
                }
            });
            sender.start();
            awaitStandstill(written);
            assertThat(peer.messages).isEmpty();
            assertThat(written.get()).isLessThan(20_000);

            peer.onLoop(connection -> connection.resumeReading());

            Await.until(() -> peer.messages.size() == 20_000, () -> "messages=" + peer.messages.size());
            sender.join();
        }
    }

    /** The same number ten times in a row, some turns of the scheduler apart. */
    private static void awaitStandstill(AtomicInteger counter) {
        AtomicInteger last = new AtomicInteger(-1);
        AtomicInteger same = new AtomicInteger();
        Await.until(
                () -> {
                    int now = counter.get();
                    same.set(now == last.getAndSet(now) && now > 0 ? same.get() + 1 : 0);
                    return same.get() >= 50;
                },
                () -> "counter=" + counter);
    }

    @Test
    void turnsUnwritableForAClientThatDoesNotReadAndTellsWhenItReadsAgain() throws Exception {
        try (RawClient client = fixture.openSmall();
                RawClient other = fixture.connect()) {
            fixture.peer(0);
            client.upgrade();
            Peer slow = fixture.peer(1);
            EncodedFrame frame = TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}");
            int written = writeUntilFull(slow, frame);
            slow.onLoop(connection -> connection.send(TransportFixture.frame("{\"control\":1}")));

            fixture.peer(0).onLoop(connection -> connection.send(TransportFixture.frame("{\"quick\":1}")));
            assertThat(other.read().text()).isEqualTo("{\"quick\":1}");
            assertThat(slow.writable).hasValue(0);

            int read = 0;
            String last = "";
            while (!last.endsWith("{\"control\":1}") && !last.endsWith("{\"control\":1}]")) {
                last = client.read().text();
                read += last.split("\"data\"", -1).length - 1;
            }
            assertThat(read).isEqualTo(written);
            Await.until(() -> slow.writable.get() == 1, () -> "writable=" + slow.writable);
            slow.onLoop(connection -> assertThat(connection.isWritable()).isTrue());
        }
    }

    @Test
    void leavesLittleToTheKernelForAClientThatDoesNotRead() throws Exception {
        long little = heldByTheKernel(16 << 10);
        long much = heldByTheKernel(512 << 10);

        // Beyond its limit the kernel fills up the segment that it is at, and the client's window may hold something.
        assertThat(little).isBetween(1L, 64L << 10);
        assertThat(much).isGreaterThan(256L << 10);
    }

    private long heldByTheKernel(int unsentBytes) throws Exception {
        try (TransportFixture limited = start(TransportFixture.withUnsentBytes(unsentBytes), 1, true);
                RawClient client = limited.openSmall()) {
            Assumptions.assumeTrue(limited.vertx.isNativeTransportEnabled(), "the limit needs the native transport");
            client.upgrade();
            writeUntilFull(limited.peer(0), TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));
            return KernelSockets.sendQueue(limited.server.port(), client.socket.getLocalPort());
        }
    }

    @Test
    void losesAClientThatTakesNothingForLongerThanItMayBeSilent() throws Exception {
        TransportConfig impatient = TransportFixture.withHeartbeat(Duration.ofMillis(400), Duration.ofMillis(400));
        try (TransportFixture hasty = start(impatient, 1, true);
                RawClient client = hasty.openSmall()) {
            Assumptions.assumeTrue(hasty.vertx.isNativeTransportEnabled(), "the timeout needs the native transport");
            client.upgrade();
            Peer peer = hasty.peer(0);
            // Who is not listened to is not silent: so only the kernel can end it.
            peer.onLoop(Connection::pauseReading);
            writeUntilFull(peer, TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));

            peer.awaitClosed(1006);
        }
    }

    @Test
    void closesAClientThatLeavesTooManyControlFrames() throws Exception {
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(200));
        try (TransportFixture hasty = start(impatient);
                RawClient client = hasty.openSmall()) {
            client.upgrade();
            Peer slow = hasty.peer(0);
            writeUntilFull(slow, TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));

            slow.onLoop(connection -> {
                for (int i = 0; i < 8; i++) {
                    connection.send(TransportFixture.frame("{\"control\":" + i + "}"));
                }
            });
            assertThat(hasty.metrics.overflows).hasValue(0);
            slow.onLoop(connection -> {
                connection.send(TransportFixture.frame("{\"control\":8}"));
                connection.send(TransportFixture.frame("{\"control\":9}"));
            });

            slow.awaitClosed(4002);
            assertThat(hasty.metrics.overflows).hasValue(1);
        }
    }

    @Test
    void sendsWhatWaitsButNothingBehindAFrameThatItRefused() throws Exception {
        try (RawClient client = fixture.openSmall()) {
            client.upgrade();
            Peer slow = fixture.peer(0);
            writeUntilFull(slow, TransportFixture.frame("{\"data\":\"" + "x".repeat(30_000) + "\"}"));

            slow.onLoop(connection -> {
                for (int i = 0; i < 12; i++) {
                    connection.send(TransportFixture.frame("{\"control\":" + i + "}"));
                    connection.write(TransportFixture.frame("{\"control\":" + i + "}"));
                }
            });
            RawClient.Frame last = client.read();
            RawClient.Frame frame = last;
            while (frame.first() != RawClient.CLOSE) {
                last = frame;
                frame = client.read();
            }

            assertThat(last.text()).endsWith("{\"control\":7}]");
            assertThat(frame.closeReason()).isEqualTo("retry-after=1234");
        }
    }

    static int writeUntilFull(Peer peer, EncodedFrame frame) {
        AtomicInteger written = new AtomicInteger();
        AtomicInteger full = new AtomicInteger();
        // The kernel takes more for a while after the socket first seemed full.
        Await.until(
                () -> {
                    peer.onLoop(connection -> {
                        full.incrementAndGet();
                        while (connection.isWritable()) {
                            full.set(0);
                            connection.write(frame);
                            connection.flush();
                            written.incrementAndGet();
                        }
                    });
                    return full.get() >= 50;
                },
                () -> "written=" + written);
        peer.writable.set(0);
        return written.get();
    }

    @Test
    void closesWhenItsListenerFailsWithoutHarmToOthers() throws Exception {
        fixture.onMessage = peer -> {
            if (peer.messages.contains("boom")) {
                throw new IllegalStateException("a listener that fails");
            }
        };
        try (RawClient client = fixture.connect();
                RawClient other = fixture.connect()) {
            fixture.peer(1);
            client.send(RawClient.TEXT, "boom");
            assertThat(client.readClose(4000)).isEqualTo("internal error");

            other.send(RawClient.TEXT, "hi");
            Await.until(
                    () -> fixture.peers.stream().anyMatch(peer -> peer.messages.contains("hi")),
                    () -> "peers=" + fixture.peers);
        }
    }

    @Test
    void spreadsConnectionsOverTheLoops() throws Exception {
        Set<Object> loops = ConcurrentHashMap.newKeySet();
        fixture.onOpen = peer -> loops.add(peer.connection.loop());
        try (RawClient first = fixture.connect();
                RawClient second = fixture.connect()) {
            Await.until(
                    () -> loops.size() == 2,
                    () -> "loops=" + loops + " ports=" + first.socket.getLocalPort() + " "
                            + second.socket.getLocalPort());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void talksToAnotherImplementation(boolean nativeTransport) throws Exception {
        try (TransportFixture plain = start(TransportFixture.config(), 1, nativeTransport)) {
            plain.onMessage = peer -> {
                peer.connection.send(TransportFixture.frame("{\"echo\":1}"));
                peer.connection.close(CloseCode.NORMAL, 0);
            };
            CompletableFuture<String> text = new CompletableFuture<>();
            CompletableFuture<Integer> code = new CompletableFuture<>();
            WebSocket.Listener listener = new WebSocket.Listener() {
                @Override
                public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
                    text.complete(data.toString());
                    webSocket.request(1);
                    return null;
                }

                @Override
                public CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
                    code.complete(statusCode);
                    return null;
                }
            };
            WebSocket socket = otherClient()
                    .newWebSocketBuilder()
                    .subprotocols("rejoin.v1.json")
                    .buildAsync(URI.create(scheme() + "://127.0.0.1:" + plain.server.port() + "/v1/connect"), listener)
                    .get(10, TimeUnit.SECONDS);

            socket.sendText("{}", true).get(10, TimeUnit.SECONDS);

            assertThat(socket.getSubprotocol()).isEqualTo("rejoin.v1.json");
            assertThat(text.get(10, TimeUnit.SECONDS)).isEqualTo("{\"echo\":1}");
            assertThat(code.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
            plain.peer(0).awaitClosed(1000);
        }
    }

    @Test
    @Spec("HS-5")
    void stopsWith4000AndTakesNobodyElse() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0);

            var stopped = fixture.server.stop(Duration.ofSeconds(10));

            client.readClose(4000);
            try (RawClient late = fixture.open()) {
                assertThat(late.request(RawClient.upgradeRequest())).startsWith("HTTP/1.1 503 ");
            }
            assertThat(stopped.isComplete()).isFalse();
            client.sendClose(4000);
            client.awaitEnd();
            TransportFixture.await(stopped);
            fixture.peer(0).awaitClosed(4000);
        }
    }

    @Test
    void readsNothingMoreOnceQuietButStillAnswers() throws Exception {
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT, "read");
            Peer peer = fixture.peer(0);
            peer.awaitMessages("read");

            TransportFixture.await(fixture.server.quiesce());
            client.send(RawClient.TEXT, "not read");
            peer.onLoop(connection -> connection.resumeReading());
            peer.onLoop(connection -> connection.send(TransportFixture.frame("{\"answer\":1}")));
            assertThat(client.read().text()).isEqualTo("{\"answer\":1}");
            try (RawClient late = fixture.open()) {
                assertThat(late.request(RawClient.upgradeRequest())).startsWith("HTTP/1.1 503 ");
            }

            var stopped = fixture.server.stop(Duration.ofSeconds(10));
            client.readClose(4000);
            client.sendClose(4000);
            client.awaitEnd();
            TransportFixture.await(stopped);
            assertThat(peer.messages).containsExactly("read");
        }
    }

    @Test
    void stopsWithinTheLimitWhoeverDoesNotAnswer() throws Exception {
        try (RawClient client = fixture.connect()) {
            fixture.peer(0);

            TransportFixture.await(fixture.server.stop(Duration.ofMillis(100)));

            client.readClose(4000);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(4000);
        }
    }
}
