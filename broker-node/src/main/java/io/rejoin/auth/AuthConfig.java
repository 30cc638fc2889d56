package io.rejoin.auth;

import java.time.Duration;
import java.util.Optional;

/**
 * Settings of authentication.
 *
 * <p>Threading: immutable.
 *
 * @param jwt how tokens are checked; empty: everybody is let in
 * @param expiryGrace how long a connection outlives its token
 * @param revocationMargin clients whose tokens are revoked softly are closed within it
 * @param revocationTime how long a revocation is kept when it does not say; at least as long as tokens live
 */
public record AuthConfig(
        Optional<JwtConfig> jwt, Duration expiryGrace, Duration revocationMargin, Duration revocationTime) {

    /** Whether everybody is let in. */
    public boolean isAnonymous() {
        return jwt.isEmpty();
    }
}
