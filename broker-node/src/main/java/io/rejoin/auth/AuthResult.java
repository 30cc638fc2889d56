package io.rejoin.auth;

/**
 * What an authenticator found.
 *
 * <p>Threading: immutable.
 */
public sealed interface AuthResult {

    /** The token is good. */
    record Accepted(Principal principal) implements AuthResult {}

    /** The token was good, or is to be replaced: the client gets a new one and comes back. */
    record Expired() implements AuthResult {}

    /** The token would be good, but it or its user was revoked. */
    record Revoked() implements AuthResult {}

    /**
     * The token is not good.
     *
     * @param reason for the log; holds nothing of the token
     */
    record Rejected(String reason) implements AuthResult {}
}
