package io.rejoin.auth;

/**
 * Tokens that are not good any more although they have not expired.
 *
 * <p>Threading: immutable.
 *
 * @param scope what {@code subject} names
 * @param subject a user, the {@code jti} of a token, or empty for {@link Scope#EVERYBODY}
 * @param issuedBeforeMs tokens issued before are meant, in milliseconds since the Unix epoch; those that do not say when count as old
 * @param soft whether clients may get a new token and come back
 * @param untilMs forgotten then, in milliseconds since the Unix epoch: later than the last token meant expires
 */
public record Revocation(Scope scope, String subject, long issuedBeforeMs, boolean soft, long untilMs) {

    /** What a revocation is about. */
    public enum Scope {
        /** All tokens of a user. */
        USER,
        /** One token. */
        TOKEN,
        /** All tokens. */
        EVERYBODY
    }
}
