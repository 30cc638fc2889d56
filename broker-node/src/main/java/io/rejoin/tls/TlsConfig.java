package io.rejoin.tls;

import java.util.Optional;

/**
 * Which listeners speak TLS; the others speak plain text.
 *
 * <p>Threading: immutable.
 *
 * @param client for clients
 * @param api for backends
 * @param ops for health and metrics
 */
public record TlsConfig(Optional<PemFiles> client, Optional<PemFiles> api, Optional<PemFiles> ops) {

    /** No listener speaks TLS. */
    public static final TlsConfig PLAIN = new TlsConfig(Optional.empty(), Optional.empty(), Optional.empty());
}
