package io.rejoin.auth;

import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Revocation.Scope;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All revocations that hold, ready to be asked about a user.
 *
 * <p>Threading: immutable.
 */
public final class RevocationList {

    /** Nothing was revoked. */
    public static final RevocationList EMPTY = new RevocationList(java.util.List.of());

    /** Whether a principal may go on. */
    public enum Standing {
        /** Nothing was revoked. */
        GOOD,
        /** A new token is needed soon. */
        TO_BE_REPLACED,
        /** It ends now. */
        REVOKED
    }

    /** What is asked for: the scope, the subject and whether it is soft; all else of a revocation is its value. */
    private record Key(Scope scope, String subject, boolean soft) {}

    private final Map<Key, Long> issuedBefore = new HashMap<>();

    /** Of several revocations of the same subject the latest holds. */
    public RevocationList(Collection<Revocation> revocations) {
        revocations.forEach(one ->
                issuedBefore.merge(new Key(one.scope(), one.subject(), one.soft()), one.issuedBeforeMs(), Math::max));
    }

    /** Whether a principal may go on; one without a token always may. */
    public Standing standingOf(Principal principal) {
        TokenFacts token = principal.token();
        if (token == null || issuedBefore.isEmpty()) {
            return Standing.GOOD;
        }
        if (covers(principal, token, false)) {
            return Standing.REVOKED;
        }
        return covers(principal, token, true) ? Standing.TO_BE_REPLACED : Standing.GOOD;
    }

    private boolean covers(Principal principal, TokenFacts token, boolean soft) {
        String user = principal.user() == null ? null : principal.user().value();
        return covers(Scope.EVERYBODY, "", soft, token)
                || covers(Scope.USER, user, soft, token)
                || covers(Scope.TOKEN, token.id(), soft, token);
    }

    private boolean covers(Scope scope, @Nullable String subject, boolean soft, TokenFacts token) {
        Long before = subject == null ? null : issuedBefore.get(new Key(scope, subject, soft));
        return before != null && token.issuedAtMs() < before;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RevocationList list && list.issuedBefore.equals(issuedBefore);
    }

    @Override
    public int hashCode() {
        return issuedBefore.hashCode();
    }

    @Override
    public String toString() {
        return "RevocationList[size=" + issuedBefore.size() + "]";
    }
}
