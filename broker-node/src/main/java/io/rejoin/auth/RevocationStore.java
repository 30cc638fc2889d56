package io.rejoin.auth;

import io.vertx.core.Future;

/**
 * Where revocations are kept for all nodes.
 *
 * <p>Threading: thread-safe; to be called on a Vert.x context, on which futures complete.
 */
@FunctionalInterface
public interface RevocationStore {

    /**
     * Keeps a revocation; every node acts on it within a second. A failed future means unknown; to repeat is safe.
     */
    Future<Void> add(Revocation revocation);
}
