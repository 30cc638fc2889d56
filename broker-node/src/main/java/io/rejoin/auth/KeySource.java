package io.rejoin.auth;

import io.vertx.core.Future;

/**
 * Where the keys of tokens are read from: a file, or a URL.
 *
 * <p>Laws: (1) returns at once and blocks no event loop; (2) the future ends within seconds; (3) it fails when there is nothing, or more than
 * {@link #MAX_BYTES}.
 *
 * <p>Threading: thread-safe; futures complete on any thread.
 */
@FunctionalInterface
public interface KeySource {

    /** Most bytes of a source. */
    int MAX_BYTES = 256 << 10;

    /** Reads all of it. */
    Future<byte[]> read();
}
