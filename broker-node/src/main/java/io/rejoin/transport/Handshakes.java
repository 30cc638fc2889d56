package io.rejoin.transport;

import io.rejoin.flow.EventLoop;
import io.vertx.core.http.HttpConnection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop that are no WebSockets yet.
 *
 * <p>Each is cut off when its time is over, whatever trickles in meanwhile. When there are too many, the oldest is cut off at once: an
 * honest client is through in a few round trips, so it is most likely one that only holds a place.
 *
 * <p>Threading: event loop.
 */
final class Handshakes {

    private static final Logger LOG = LoggerFactory.getLogger(Handshakes.class);

    private final EventLoop loop;
    private final TransportConfig config;
    private final TransportMetrics metrics;
    private final Map<HttpConnection, EventLoop.Cancellation> timers = new LinkedHashMap<>();

    Handshakes(EventLoop loop, TransportConfig config, TransportMetrics metrics) {
        this.loop = loop;
        this.config = config;
        this.metrics = metrics;
    }

    /** A connection was accepted. */
    void begin(HttpConnection connection) {
        timers.put(connection, loop.schedule(config.handshakeTimeout(), () -> cutOff(connection, "timeout")));
        connection.closeHandler(closed -> end(connection));
        if (timers.size() > config.handshakes()) {
            cutOff(timers.keySet().iterator().next(), "crowded");
        }
    }

    /** It has become a WebSocket, or is gone. */
    void end(HttpConnection connection) {
        EventLoop.Cancellation timer = timers.remove(connection);
        if (timer != null) {
            timer.cancel();
        }
    }

    private void cutOff(HttpConnection connection, String reason) {
        end(connection);
        metrics.handshakeCutOff(reason);
        connection.close().onFailure(cause -> LOG.debug("close failed", cause));
    }
}
