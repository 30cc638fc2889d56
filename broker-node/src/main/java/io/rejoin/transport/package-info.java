/**
 * WebSockets: handshake, frames, heartbeat and close. Entry type: {@link io.rejoin.transport.WebSocketServer}. It knows bytes and close
 * codes, but no room and nothing of what a message means; sessions get their sockets from it through {@link
 * io.rejoin.session.ConnectionAcceptor}.
 */
@NullMarked
package io.rejoin.transport;

import org.jspecify.annotations.NullMarked;
