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

    /** The socket takes more again, and the control queue is empty. */
    void onWritable();

    /**
     * The socket is gone; nothing follows.
     *
     * @param code of the close frame, 1006 when there was none
     */
    void onClosed(int code);
}
