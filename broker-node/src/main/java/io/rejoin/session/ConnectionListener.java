package io.rejoin.session;

/**
 * Told of what happens on a connection.
 *
 * <p>Threading: event loop of the connection.
 */
public interface ConnectionListener {

    /**
     * A complete text message of at most {@code limits.message} bytes arrived.
     *
     * @param message its bytes; not changed afterwards
     */
    void onMessage(byte[] message);

    /**
     * A WebSocket frame arrived that completes no message: a ping, a pong or a fragment.
     *
     * @param bytes of its payload, 0 for a fragment: those come with the message
     */
    void onPart(int bytes);

    /** The socket takes more again, and the control queue is empty. */
    void onWritable();

    /**
     * Too many control frames wait for the socket: one was refused, and every further one will be. The listener has to close the
     * connection.
     */
    void onOverflow();

    /**
     * The socket is gone; nothing follows.
     *
     * @param code of the close frame, 1006 when there was none
     */
    void onClosed(int code);
}
