package io.rejoin.auth;

import io.vertx.core.Future;
import java.util.function.Supplier;

/**
 * Turns what a client shows into a principal.
 *
 * <p>Laws: (1) returns at once; (2) a failed future means that the answer is not known now, never that the token is bad; (3) nothing of
 * what the client shows gets into a log or a message;
 * (4) why an answer is not known is told in the log by whoever could not find it out, at a bounded rate.
 *
 * <p>Threading: thread-safe; futures complete on any thread.
 */
@FunctionalInterface
public interface Authenticator {

    /** Accepts everybody as nobody: for local trials only. */
    Authenticator ANONYMOUS = applicant -> Future.succeededFuture(new AuthResult.Accepted(Principal.ANONYMOUS));

    /** Decides about a client. */
    Future<AuthResult> authenticate(Applicant applicant);

    /** Besides, refuses what was revoked. */
    default Authenticator refusing(Supplier<RevocationList> revocations) {
        return applicant -> authenticate(applicant)
                .map(result -> result instanceof AuthResult.Accepted accepted
                        ? switch (revocations.get().standingOf(accepted.principal())) {
                            case GOOD -> result;
                            case TO_BE_REPLACED -> new AuthResult.Expired();
                            case REVOKED -> new AuthResult.Revoked();
                        }
                        : result);
    }
}
