package io.rejoin.transport;

import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.rejoin.auth.Upgrade;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.CloseCode;
import io.rejoin.session.ConnectionAcceptor;
import io.rejoin.session.ConnectionListener;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop, and what they share.
 *
 * <p>Threading: event loop.
 */
final class ConnectionLoop {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLoop.class);

    private final VertxEventLoop loop;
    private final TransportConfig config;
    private final TransportMetrics metrics;
    private final Ticker ticker;
    private final ConnectionAcceptor acceptor;
    private final AtomicLong ids;
    private final Heartbeat heartbeat;
    private final TurnEnd turnEnd;
    private final Set<WebSocketConnection> connections = new LinkedHashSet<>();
    private boolean quiet;
    private @Nullable Runnable whenEmpty;

    ConnectionLoop(VertxEventLoop loop, WebSocketServer.Parts parts, AtomicLong ids) {
        this.loop = loop;
        this.config = parts.config();
        this.metrics = parts.metrics();
        this.ticker = parts.ticker();
        this.acceptor = parts.acceptor();
        this.ids = ids;
        this.heartbeat = new Heartbeat(
                loop, ticker, parts.clock(), parts.pings(), config.heartbeatInterval(), config.heartbeatTimeout());
        this.turnEnd = new TurnEnd(loop);
    }

    VertxEventLoop loop() {
        return loop;
    }

    TransportConfig config() {
        return config;
    }

    TransportMetrics metrics() {
        return metrics;
    }

    Ticker ticker() {
        return ticker;
    }

    Heartbeat heartbeat() {
        return heartbeat;
    }

    TurnEnd turnEnd() {
        return turnEnd;
    }

    /**
     * Takes over the channel of an accepted WebSocket.
     *
     * @param vertx context of the handler of Vert.x in its pipeline
     * @param upgrade what came with the request
     */
    void open(ChannelHandlerContext vertx, Upgrade upgrade) {
        WebSocketConnection connection = take(vertx, upgrade);
        start(connection);
        // An upgrade that was accepted just before the node began to leave.
        if (quiet || whenEmpty != null) {
            connection.close(CloseCode.RESTART, 0);
        }
        endIfGone(vertx, connection);
    }

    /** Takes over the channel of a WebSocket that nobody is told of, and closes it. */
    void turnAway(ChannelHandlerContext vertx, Consumer<WebSocketConnection> close) {
        WebSocketConnection connection = take(vertx, Upgrade.NONE);
        close.accept(connection);
        endIfGone(vertx, connection);
    }

    private WebSocketConnection take(ChannelHandlerContext vertx, Upgrade upgrade) {
        ChannelPipeline pipeline = vertx.pipeline();
        limitBuffers(vertx.channel().config());
        WebSocketConnection connection =
                new WebSocketConnection(ids.incrementAndGet(), upgrade, this, new Wire(pipeline.context("wsencoder")));
        pipeline.addBefore(vertx.name(), FrameReader.NAME, new FrameReader(connection, config.messageLimit()));
        connections.add(connection);
        metrics.opened();
        return connection;
    }

    private static void endIfGone(ChannelHandlerContext vertx, WebSocketConnection connection) {
        if (!vertx.channel().isActive()) {
            connection.onInactive();
        }
    }

    /**
     * What a client does not take stays a cursor into a shared tail, except for a little: so a socket costs little memory, and a client
     * on a slow link gets what is new instead of what lies in a buffer.
     */
    private void limitBuffers(ChannelConfig socket) {
        int high = config.writeWatermark();
        socket.setWriteBufferWaterMark(new WriteBufferWaterMark(high / 2, high));
        // Unknown to a channel of NIO, which has nothing like it: there the kernel takes as much as it likes.
        socket.setOption(EpollChannelOption.TCP_NOTSENT_LOWAT, (long) config.unsentBytes());
    }

    private void start(WebSocketConnection connection) {
        ConnectionListener listener;
        try {
            listener = acceptor.accept(connection);
        } catch (RuntimeException e) {
            LOG.error("connection not accepted {}", connection, e);
            connection.close(CloseCode.RESTART, "internal error");
            return;
        }
        connection.start(listener);
    }

    void remove(WebSocketConnection connection) {
        connections.remove(connection);
        tellIfEmpty();
    }

    /** Reads nothing more from any connection; later ones are closed at once. */
    void quiesce() {
        quiet = true;
        connections.forEach(WebSocketConnection::quiesce);
    }

    /**
     * Closes all connections with 4000, and each later one at once.
     *
     * @param whenEmpty run once, when no connection is left
     */
    void closeAll(Runnable whenEmpty) {
        this.whenEmpty = whenEmpty;
        List.copyOf(connections).forEach(connection -> connection.close(CloseCode.RESTART, 0));
        tellIfEmpty();
    }

    /** Ends all sockets that are left. */
    void cutOffAll() {
        new ArrayList<>(connections).forEach(WebSocketConnection::cutOff);
        heartbeat.stop();
    }

    private void tellIfEmpty() {
        if (whenEmpty != null && connections.isEmpty()) {
            whenEmpty.run();
        }
    }
}
