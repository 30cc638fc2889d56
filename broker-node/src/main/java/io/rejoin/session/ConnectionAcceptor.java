package io.rejoin.session;

/**
 * Takes new connections from the transport.
 *
 * <p>Threading: called on the connection's loop.
 */
@FunctionalInterface
public interface ConnectionAcceptor {

    /**
     * A WebSocket was opened.
     *
     * @return told of everything that happens on it
     */
    ConnectionListener accept(Connection connection);
}
