package io.rejoin.transport;

import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.Connection;
import io.rejoin.session.ConnectionListener;
import io.rejoin.testing.Await;
import io.rejoin.tls.ListenerTls;
import io.rejoin.tls.PemFiles;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A client listener on a free port, with an acceptor that records. */
final class TransportFixture implements AutoCloseable {

    /** A listener's certificate, and what a client needs to accept it. */
    record Tls(PemFiles files, SSLContext client) {}

    final Vertx vertx;
    private final SocketFactory sockets;
    final WebSocketServer server;
    final CountingMetrics metrics = new CountingMetrics();
    final Queue<Peer> peers = new ConcurrentLinkedQueue<>();
    volatile boolean ready = true;
    /** Done on the loop when a connection was opened. */
    volatile Consumer<Peer> onOpen = peer -> {};
    /** Done on the loop for each message. */
    volatile Consumer<Peer> onMessage = peer -> {};

    private TransportFixture(
            TransportConfig config, EdgeConfig edge, int loops, boolean nativeTransport, @Nullable Tls tls) {
        vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(nativeTransport));
        sockets = tls == null ? SocketFactory.getDefault() : tls.client().getSocketFactory();
        Optional<PemFiles> files = Optional.ofNullable(tls).map(Tls::files);
        BooleanSupplier isReady = () -> ready;
        WebSocketServer.Parts parts = new WebSocketServer.Parts(
                config,
                edge,
                List.of(),
                await(ListenerTls.load(vertx, "client", files)),
                this::accept,
                time -> frame("{\"type\":\"ping\",\"time\":" + time + "}"),
                isReady,
                () -> true,
                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                InstantSource.system(),
                metrics);
        server = await(WebSocketServer.start(vertx, VertxEventLoop.spread(vertx, loops), parts));
    }

    static TransportFixture start(TransportConfig config) {
        return new TransportFixture(config, EdgeConfig.OPEN, 2, true, null);
    }

    static TransportFixture start(TransportConfig config, int loops, boolean nativeTransport, Tls tls) {
        return new TransportFixture(config, EdgeConfig.OPEN, loops, nativeTransport, tls);
    }

    static TransportFixture start(EdgeConfig edge) {
        return start(config(), edge);
    }

    static TransportFixture start(TransportConfig config, EdgeConfig edge) {
        return new TransportFixture(config, edge, 2, true, null);
    }

    static TransportFixture start(TransportConfig config, int loops, boolean nativeTransport) {
        return new TransportFixture(config, EdgeConfig.OPEN, loops, nativeTransport, null);
    }

    /** Limits small enough to be reached, times too long to matter. */
    static TransportConfig config() {
        return new TransportConfig(
                "127.0.0.1",
                0,
                1024,
                8,
                4096,
                64 * 1024,
                16 * 1024,
                64,
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60));
    }

    static TransportConfig withHeartbeat(Duration interval, Duration timeout) {
        TransportConfig c = config();
        return new TransportConfig(
                c.host(),
                c.port(),
                c.messageLimit(),
                c.controlQueueFrames(),
                c.controlQueueBytes(),
                c.writeWatermark(),
                c.unsentBytes(),
                c.handshakes(),
                c.handshakeTimeout(),
                c.closeTimeout(),
                interval,
                timeout);
    }

    static TransportConfig withUnsentBytes(int bytes) {
        TransportConfig c = config();
        return new TransportConfig(
                c.host(),
                c.port(),
                c.messageLimit(),
                c.controlQueueFrames(),
                c.controlQueueBytes(),
                c.writeWatermark(),
                bytes,
                c.handshakes(),
                c.handshakeTimeout(),
                c.closeTimeout(),
                c.heartbeatInterval(),
                c.heartbeatTimeout());
    }

    static TransportConfig withHandshakes(int most) {
        TransportConfig c = config();
        return new TransportConfig(
                c.host(),
                c.port(),
                c.messageLimit(),
                c.controlQueueFrames(),
                c.controlQueueBytes(),
                c.writeWatermark(),
                c.unsentBytes(),
                most,
                c.handshakeTimeout(),
                c.closeTimeout(),
                c.heartbeatInterval(),
                c.heartbeatTimeout());
    }

    static TransportConfig withTimeouts(Duration handshake, Duration close) {
        TransportConfig c = config();
        return new TransportConfig(
                c.host(),
                c.port(),
                c.messageLimit(),
                c.controlQueueFrames(),
                c.controlQueueBytes(),
                c.writeWatermark(),
                c.unsentBytes(),
                c.handshakes(),
                handshake,
                close,
                c.heartbeatInterval(),
                c.heartbeatTimeout());
    }

    RawClient connect() throws Exception {
        RawClient client = open();
        client.upgrade();
        return client;
    }

    /** A client that has not said anything yet. */
    RawClient open() throws Exception {
        return RawClient.open(server.port(), sockets);
    }

    /** As {@link #open}, with a small receive buffer. */
    RawClient openSmall() throws Exception {
        return RawClient.openSmall(server.port(), sockets);
    }

    /** The connection that was opened as the n-th one, from 0. */
    Peer peer(int index) {
        Await.until(() -> peers.size() > index, () -> "connections=" + peers.size());
        return List.copyOf(peers).get(index);
    }

    static EncodedFrame frame(String text) {
        return new EncodedFrame(text.getBytes(StandardCharsets.UTF_8));
    }

    static <T> T await(Future<T> future) {
        Await.until(future::isComplete, () -> "future not complete");
        if (future.failed()) {
            throw new AssertionError(future.cause());
        }
        return future.result();
    }

    private ConnectionListener accept(Connection connection) {
        Peer peer = new Peer(this, connection);
        onOpen.accept(peer);
        peers.add(peer);
        return peer;
    }

    @Override
    public void close() {
        await(server.stop(Duration.ofSeconds(10)));
        await(vertx.close());
    }

    /** The server's side of one connection. */
    static final class Peer implements ConnectionListener {
        final Connection connection;
        final Queue<String> messages = new ConcurrentLinkedQueue<>();
        final Queue<Integer> closes = new ConcurrentLinkedQueue<>();
        final Queue<Integer> parts = new ConcurrentLinkedQueue<>();
        final AtomicInteger writable = new AtomicInteger();
        private final TransportFixture fixture;

        private Peer(TransportFixture fixture, Connection connection) {
            this.fixture = fixture;
            this.connection = connection;
        }

        /** Does something on the connection's loop and waits for its end. */
        void onLoop(Consumer<Connection> action) {
            AtomicInteger done = new AtomicInteger();
            connection.loop().execute(() -> {
                action.accept(connection);
                done.incrementAndGet();
            });
            Await.until(() -> done.get() > 0, () -> "loop does not run");
        }

        void awaitMessages(String... expected) {
            Await.until(() -> List.copyOf(messages).equals(List.of(expected)), () -> "messages=" + messages);
        }

        void awaitClosed(int code) {
            Await.until(() -> List.copyOf(closes).equals(List.of(code)), () -> "closes=" + closes);
        }

        @Override
        public void onMessage(byte[] message) {
            messages.add(new String(message, StandardCharsets.UTF_8));
            fixture.onMessage.accept(this);
        }

        @Override
        public void onPart(int bytes) {
            parts.add(bytes);
        }

        @Override
        public void onWritable() {
            writable.incrementAndGet();
        }

        @Override
        public void onOverflow() {
            connection.close(CloseCode.SLOW_CONSUMER, 1_234);
        }

        @Override
        public void onClosed(int code) {
            closes.add(code);
        }
    }

    /** Counts what the transport tells. */
    static final class CountingMetrics implements TransportMetrics {
        final AtomicInteger opened = new AtomicInteger();
        final Queue<Integer> closed = new ConcurrentLinkedQueue<>();
        final Queue<Integer> refused = new ConcurrentLinkedQueue<>();
        final Queue<String> cutOff = new ConcurrentLinkedQueue<>();
        final Queue<Long> roundTrips = new ConcurrentLinkedQueue<>();
        final AtomicInteger overflows = new AtomicInteger();
        final AtomicInteger writes = new AtomicInteger();
        final AtomicInteger frames = new AtomicInteger();
        final AtomicInteger received = new AtomicInteger();

        @Override
        public void opened() {
            opened.incrementAndGet();
        }

        @Override
        public void closed(int code, long lifetimeMs) {
            closed.add(code);
        }

        @Override
        public void refused(int status) {
            refused.add(status);
        }

        @Override
        public void handshakeCutOff(String reason) {
            cutOff.add(reason);
        }

        @Override
        public void roundTrip(long millis) {
            roundTrips.add(millis);
        }

        @Override
        public void controlQueueOverflow() {
            overflows.incrementAndGet();
        }

        @Override
        public void written(int count, int bytes) {
            writes.incrementAndGet();
            frames.addAndGet(count);
        }

        @Override
        public void received(int bytes) {
            received.addAndGet(bytes);
        }
    }
}
