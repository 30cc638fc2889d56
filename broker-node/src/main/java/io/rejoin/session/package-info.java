/**
 * Sessions: authentication, resume, take-over, and one handler per frame family. Entry type: {@link
 * io.rejoin.session.SessionRegistry}. It reaches the socket through {@link io.rejoin.session.Connection} and the cluster through {@link
 * io.rejoin.session.SessionDirectory}.
 */
@NullMarked
package io.rejoin.session;

import org.jspecify.annotations.NullMarked;
