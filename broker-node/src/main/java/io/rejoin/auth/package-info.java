/**
 * Who a client is. Entry type: {@link io.rejoin.auth.Authenticator}. It knows tokens and users, not connections, sessions or rooms.
 */
@NullMarked
package io.rejoin.auth;

import org.jspecify.annotations.NullMarked;
