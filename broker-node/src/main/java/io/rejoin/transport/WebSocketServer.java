package io.rejoin.transport;

import io.netty.channel.ChannelHandlerContext;
import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.ConnectionAcceptor;
import io.rejoin.tls.ListenerTls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.http.WebSocketInternal;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client listener: one HTTP server per event loop on one shared port, each with its own connections.
 *
 * <p>Threading: thread-safe. Limits: {@link TransportConfig}. Failure: a port in use fails the start; a request that is no upgrade gets
 * an HTTP answer and a closed socket.
 *
 * @see <a href="docs/protocol.md">HS, handshake</a>
 */
public final class WebSocketServer {

    private static final Logger LOG = LoggerFactory.getLogger(WebSocketServer.class);

    /** Vert.x lets servers share a free port when they ask for the same number below zero. */
    private static final int SHARED_FREE_PORT = -1;

    private static final int ACCEPT_BACKLOG = 4096;
    private static final int MAX_LINE = 4096;
    /** A browser sends the cookies of the site along. */
    private static final int MAX_HEADERS = 16 * 1024;

    private static final String FORWARDED_FOR = "X-Forwarded-For";

    /**
     * What a server is made of.
     *
     * @param config settings
     * @param edge who may connect
     * @param keptHeaders names of headers of the upgrade that may tell who a client is
     * @param tls empty for plain text
     * @param acceptor takes the connections
     * @param pings encodes a ping of a time since the Unix epoch in milliseconds
     * @param ready whether clients are taken now; asked at each upgrade, from any loop
     * @param admits whether one more upgrade may be answered; asked at each that would be
     * @param ticker for ages and deadlines
     * @param clock for the time in pings
     * @param metrics told of what happens
     */
    public record Parts(
            TransportConfig config,
            EdgeConfig edge,
            List<String> keptHeaders,
            Optional<ListenerTls> tls,
            ConnectionAcceptor acceptor,
            LongFunction<EncodedFrame> pings,
            BooleanSupplier ready,
            BooleanSupplier admits,
            Ticker ticker,
            InstantSource clock,
            TransportMetrics metrics) {}

    private final Parts parts;
    private final HandshakeGuard guard;
    private final ClientAddresses addresses;
    private final AddressLimits limits;
    private final AtomicLong ids = new AtomicLong();
    private final List<ConnectionLoop> loops = new ArrayList<>();
    private final List<HttpServer> servers = new ArrayList<>();

    private WebSocketServer(Parts parts) {
        this.parts = parts;
        EdgeConfig edge = parts.edge();
        this.guard = new HandshakeGuard(edge.origins(), parts.ready(), parts.admits());
        this.addresses = new ClientAddresses(edge.trustedProxies());
        this.limits = new AddressLimits(edge.connectionsPerAddress(), edge.handshakesPerAddress(), parts.ticker());
    }

    /**
     * Listens on all loops.
     *
     * @param loops of this Vert.x, each once
     * @return the server once every loop listens; failed, with nothing left open, when one cannot
     */
    public static Future<WebSocketServer> start(Vertx vertx, List<VertxEventLoop> loops, Parts parts) {
        WebSocketServer server = new WebSocketServer(parts);
        List<Future<HttpServer>> listening = new ArrayList<>();
        for (VertxEventLoop loop : loops) {
            listening.add(server.listen(vertx, loop));
        }
        return Future.join(listening)
                .recover(cause -> server.closeServers().transform(closed -> Future.failedFuture(cause)))
                .map(all -> {
                    // The servers share the port, and with it the certificate.
                    parts.tls().ifPresent(tls -> tls.follow(server.servers.get(0), server.options()));
                    return server;
                });
    }

    private Future<HttpServer> listen(Vertx vertx, VertxEventLoop loop) {
        ConnectionLoop home = new ConnectionLoop(loop, parts, ids);
        Handshakes handshakes = new Handshakes(loop, parts.config(), parts.metrics());
        HttpServer server = vertx.createHttpServer(options())
                .connectionHandler(handshakes::begin)
                .exceptionHandler(cause -> LOG.debug("client listener failed cause={}", cause.toString()))
                .invalidRequestHandler(this::refuseUnreadable)
                .requestHandler(request -> answer(home, request, handshakes));
        loops.add(home);
        servers.add(server);
        int port =
                parts.config().port() == 0 ? SHARED_FREE_PORT : parts.config().port();
        Promise<HttpServer> listening = Promise.promise();
        // The context from which listen is called is the loop that its connections get.
        loop.execute(() -> {
            home.heartbeat().start();
            server.listen(port, parts.config().host()).onComplete(listening);
        });
        return listening.future();
    }

    private HttpServerOptions options() {
        TransportConfig config = parts.config();
        HttpServerOptions options = new HttpServerOptions()
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setMaxWebSocketFrameSize(config.messageLimit())
                .setMaxWebSocketMessageSize(config.messageLimit())
                .setWebSocketClosingTimeout(0)
                .setHttp2ClearTextEnabled(false);
        options.setTcpNoDelay(true)
                .setTcpUserTimeout(Math.toIntExact(config.silenceLimit().toMillis()))
                .setAcceptBacklog(ACCEPT_BACKLOG);
        parts.tls().ifPresent(tls -> tls.configure(options, config.handshakeTimeout()));
        if (parts.edge().proxyProtocol()) {
            options.setUseProxyProtocol(true)
                    .setProxyProtocolTimeout(config.handshakeTimeout().toMillis())
                    .setProxyProtocolTimeoutUnit(TimeUnit.MILLISECONDS);
        }
        return options;
    }

    private void answer(ConnectionLoop home, HttpServerRequest request, Handshakes handshakes) {
        InetAddress address = addresses.of(
                request.remoteAddress().hostAddress(), request.headers().getAll(FORWARDED_FOR));
        HandshakeGuard.Verdict verdict = limits.admitsHandshake(address)
                ? guard.check(request.version(), request.method(), request.path(), request.query(), request.headers())
                : HandshakeGuard.tooMany();
        LOG.debug("handshake address={} verdict={}", address, verdict);
        if (verdict instanceof HandshakeGuard.Verdict.Refuse refuse) {
            refuse(request, refuse);
        } else if (verdict instanceof HandshakeGuard.Verdict.Turn turn) {
            upgrade(request, turn.subprotocol(), handshakes)
                    .onSuccess(channel -> home.loop()
                            .dispatch(() -> home.turnAway(
                                    channel, connection -> connection.close(turn.code(), turn.reason()))));
        } else if (verdict instanceof HandshakeGuard.Verdict.Accept accept) {
            accept(home, request, accept, address, handshakes);
        }
    }

    private void accept(
            ConnectionLoop home,
            HttpServerRequest request,
            HandshakeGuard.Verdict.Accept accept,
            @Nullable InetAddress address,
            Handshakes handshakes) {
        boolean counted = limits.open(address);
        Upgrade shown = shown(request, address);
        Future<ChannelHandlerContext> upgraded = upgrade(request, accept.subprotocol(), handshakes);
        if (!counted) {
            upgraded.onSuccess(channel -> home.loop()
                    .dispatch(() -> home.turnAway(
                            channel, connection -> connection.close(CloseCode.OVERLOADED, HandshakeGuard.laterMs()))));
            return;
        }
        upgraded.onFailure(failed -> limits.close(address)).onSuccess(channel -> {
            channel.channel().closeFuture().addListener(closed -> limits.close(address));
            home.loop().dispatch(() -> home.open(channel, shown));
        });
    }

    private Upgrade shown(HttpServerRequest request, @Nullable InetAddress address) {
        Map<String, String> kept = new HashMap<>();
        for (String name : parts.keptHeaders()) {
            List<String> values = request.headers().getAll(name);
            if (!values.isEmpty()) {
                kept.put(name, String.join(", ", values));
            }
        }
        return new Upgrade(
                HandshakeGuard.bearerToken(request.headers()), address == null ? null : address.getHostAddress(), kept);
    }

    private static Future<ChannelHandlerContext> upgrade(
            HttpServerRequest request, Optional<String> subprotocol, Handshakes handshakes) {
        subprotocol.ifPresent(name -> request.response().putHeader("Sec-WebSocket-Protocol", name));
        return request.toWebSocket()
                .map(webSocket -> {
                    handshakes.end(request.connection());
                    return ((WebSocketInternal) webSocket).channelHandlerContext();
                })
                .onFailure(cause -> LOG.debug("upgrade failed cause={}", cause.toString()));
    }

    private void refuse(HttpServerRequest request, HandshakeGuard.Verdict.Refuse refuse) {
        parts.metrics().refused(refuse.status());
        request.response().setStatusCode(refuse.status()).putHeader("Content-Type", "text/plain; charset=utf-8");
        refuse.headers().forEach(request.response()::putHeader);
        request.response()
                .end(refuse.text() + "\n")
                .eventually(request.connection()::close)
                .onFailure(cause -> LOG.debug("answer failed cause={}", cause.toString()));
    }

    /** Neither a request nor a WebSocket: what could not be parsed, or was longer than the bounds. */
    private void refuseUnreadable(HttpServerRequest request) {
        HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(request);
        parts.metrics().refused(request.response().getStatusCode());
    }

    /** The port that it listens on. */
    public int port() {
        return servers.get(0).actualPort();
    }

    /** Refuses upgrades from now on (503); connections that are open go on. */
    public void refuse() {
        guard.drain();
    }

    /**
     * Refuses upgrades from now on (503) and reads nothing more from any connection, so that what was read can be answered before {@link
     * #stop}.
     *
     * @return succeeded once no listener will be told of another message
     */
    public Future<Void> quiesce() {
        guard.drain();
        List<Future<Void>> quiet = new ArrayList<>();
        for (ConnectionLoop home : loops) {
            Promise<Void> done = Promise.promise();
            home.loop().execute(() -> {
                home.quiesce();
                // Behind what the loop has already read from its sockets.
                home.loop().execute(done::complete);
            });
            quiet.add(done.future());
        }
        return Future.join(quiet).mapEmpty();
    }

    /**
     * Refuses upgrades from now on (503), closes all connections with 4000, waits for them, then gives up the port.
     *
     * @param limit of the wait; who is left is cut off
     */
    public Future<Void> stop(Duration limit) {
        guard.drain();
        List<Future<Void>> empty = new ArrayList<>();
        for (ConnectionLoop home : loops) {
            empty.add(closeAll(home, limit));
        }
        return Future.join(empty).transform(all -> closeServers());
    }

    private static Future<Void> closeAll(ConnectionLoop home, Duration limit) {
        Promise<Void> done = Promise.promise();
        home.loop().execute(() -> {
            EventLoop.Cancellation timer = home.loop().schedule(limit, done::tryComplete);
            home.closeAll(() -> {
                timer.cancel();
                done.tryComplete();
            });
        });
        return done.future().onComplete(ended -> home.loop().execute(home::cutOffAll));
    }

    private Future<Void> closeServers() {
        List<Future<Void>> closed = new ArrayList<>();
        for (HttpServer server : servers) {
            closed.add(server.shutdown(0, TimeUnit.SECONDS));
        }
        return Future.join(closed).mapEmpty();
    }
}
