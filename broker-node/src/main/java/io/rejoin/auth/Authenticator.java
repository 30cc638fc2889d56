package io.rejoin.auth;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Turns a token into a principal.
 *
 * <p>Laws: (1) returns at once; (2) a failed future means that the answer is not known now, never that the token is bad.
 *
 * <p>Threading: thread-safe; futures complete on the caller's loop.
 */
@FunctionalInterface
public interface Authenticator {

    /** Accepts everybody as nobody: for local trials only. */
    Authenticator ANONYMOUS = token -> Future.succeededFuture(new AuthResult.Accepted(new Principal(null)));

    /**
     * Checks a token.
     *
     * @param token as the client sent it; {@code null} when it sent none
     */
    Future<AuthResult> authenticate(@Nullable String token);
}
