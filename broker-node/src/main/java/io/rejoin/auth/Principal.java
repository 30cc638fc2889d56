package io.rejoin.auth;

import io.rejoin.value.UserId;
import org.jspecify.annotations.Nullable;

/**
 * Who a connection speaks for, and what that one may do.
 *
 * <p>Threading: immutable.
 *
 * @param user {@code null} for an anonymous one
 * @param info what members of a room may be told of the user, a JSON text
 * @param grants what the user may do
 * @param limits bounds for this user's connections
 * @param token where this is from: a token, or what a hook answered; {@code null} when everybody is let in
 */
public record Principal(
        @Nullable UserId user,
        @Nullable String info,
        Grants grants,
        TokenLimits limits,
        @Nullable TokenFacts token) {

    /** Everybody: no user, everything granted, for ever. */
    public static final Principal ANONYMOUS = new Principal(null, null, Grants.ALL, TokenLimits.NONE, null);

    /**
     * What is known of a token besides its user.
     *
     * @param id its {@code jti}; {@code null} when it has none
     * @param issuedAtMs since the Unix epoch; 0 when it does not say
     * @param expiresAtMs since the Unix epoch, or {@link #NEVER}
     */
    public record TokenFacts(@Nullable String id, long issuedAtMs, long expiresAtMs) {

        /** Later than any expiry. */
        public static final long NEVER = Long.MAX_VALUE;

        /** Whether it ends at some time. */
        public boolean expires() {
            return expiresAtMs != NEVER;
        }
    }

    /**
     * Bounds that a token sets below those of the node; 0 for none.
     *
     * @param rooms most rooms that a connection may join
     * @param inflight most unacknowledged publishes of a connection
     */
    public record TokenLimits(int rooms, int inflight) {

        /** Those of the node hold. */
        public static final TokenLimits NONE = new TokenLimits(0, 0);
    }
}
