package io.rejoin.ops;

import java.util.Optional;

/**
 * Tells whether the node takes clients.
 *
 * <p>Threading: thread-safe; asked on the loop of the health server, so it must not wait.
 */
@FunctionalInterface
public interface ReadinessProbe {

    /** Why the node takes no clients now, in a few words; empty when it does. */
    Optional<String> unreadyBecause();
}
