package io.rejoin.session;

import io.rejoin.auth.Authenticator;
import io.rejoin.auth.RevocationList;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;

/**
 * How a node tells who a client is, and for how long.
 *
 * <p>Threading: thread-safe when its parts are.
 *
 * @param authenticator checks tokens; refuses revoked ones
 * @param revocations that hold now; sessions are told of changes by {@link SessionRegistry#onRevocations}
 * @param clock that expiry is measured with
 * @param expiryGrace how long a connection outlives its token
 * @param revocationMargin a connection whose token is revoked softly is closed within it
 */
public record Authentication(
        Authenticator authenticator,
        Supplier<RevocationList> revocations,
        InstantSource clock,
        Duration expiryGrace,
        Duration revocationMargin) {

    /** Lets everybody in. */
    public static Authentication anonymous(InstantSource clock) {
        return new Authentication(
                Authenticator.ANONYMOUS, () -> RevocationList.EMPTY, clock, Duration.ZERO, Duration.ZERO);
    }
}
