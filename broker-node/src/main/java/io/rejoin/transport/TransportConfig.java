package io.rejoin.transport;

import java.time.Duration;

/**
 * Settings of the client listener.
 *
 * <p>Threading: immutable.
 *
 * @param host address to listen on
 * @param port 1 to 65535, or 0 for a free one
 * @param messageLimit largest message of a client in bytes
 * @param controlQueueFrames most control frames that wait for a socket that takes nothing
 * @param controlQueueBytes most bytes of them
 * @param writeWatermark bytes in a socket's buffer from which on it counts as not writable; below half of it as writable again
 * @param unsentBytes what the kernel takes for one socket beyond what is on its way to the client, in bytes; needs the native transport
 * @param handshakes most TCP connections of one event loop that have not become WebSockets yet; with a further one the oldest is
 *     cut off
 * @param handshakeTimeout a TCP connection that has not become a WebSocket by then is cut off
 * @param closeTimeout how long a client may take to answer a close frame before it is cut off
 * @param heartbeatInterval from ping to ping
 * @param heartbeatTimeout silence beyond the interval that ends a connection
 */
public record TransportConfig(
        String host,
        int port,
        int messageLimit,
        int controlQueueFrames,
        int controlQueueBytes,
        int writeWatermark,
        int unsentBytes,
        int handshakes,
        Duration handshakeTimeout,
        Duration closeTimeout,
        Duration heartbeatInterval,
        Duration heartbeatTimeout) {

    /** How long a client may be silent. */
    public Duration silenceLimit() {
        return heartbeatInterval.plus(heartbeatTimeout);
    }
}
