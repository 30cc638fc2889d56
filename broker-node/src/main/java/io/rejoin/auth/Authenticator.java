package io.rejoin.auth;

import io.vertx.core.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns a token into a principal.
 *
 * <p>Laws: (1) returns at once; (2) a failed future means that the answer is not known now, never that the token is bad; (3) nothing of
 * the token gets into a log or a message.
 *
 * <p>Threading: thread-safe; futures complete on any thread.
 */
@FunctionalInterface
public interface Authenticator {

    /** Accepts everybody as nobody: for local trials only. */
    Authenticator ANONYMOUS = token -> Future.succeededFuture(new AuthResult.Accepted(Principal.ANONYMOUS));

    /**
     * Checks a token.
     *
     * @param token as the client sent it; {@code null} when it sent none
     */
    Future<AuthResult> authenticate(@Nullable String token);

    /** Besides, refuses what was revoked. */
    default Authenticator refusing(Supplier<RevocationList> revocations) {
        return token -> authenticate(token)
                .map(result -> result instanceof AuthResult.Accepted accepted
                        ? switch (revocations.get().standingOf(accepted.principal())) {
                            case GOOD -> result;
                            case TO_BE_REPLACED -> new AuthResult.Expired();
                            case REVOKED -> new AuthResult.Revoked();
                        }
                        : result);
    }
}
