package io.rejoin.tls;

import java.nio.file.Path;

/**
 * Where a listener's certificate and its key lie.
 *
 * <p>Threading: immutable.
 *
 * @param certificate PEM, the listener's own certificate first, then those between it and the root
 * @param key PEM of the private key, not encrypted
 */
public record PemFiles(Path certificate, Path key) {}
