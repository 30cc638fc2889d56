package io.rejoin.auth;

import java.time.Duration;
import java.util.Optional;

/**
 * Settings of authentication.
 *
 * <p>Threading: immutable.
 *
 * @param jwt how tokens are checked; empty when they are not
 * @param hook who is asked instead; empty when nobody is. Without both everybody is let in
 * @param expiryGrace how long a connection outlives its token
 * @param revocationMargin clients whose tokens are revoked softly are closed within it
 * @param revocationTime how long a revocation is kept when it does not say; at least as long as tokens live
 */
public record AuthConfig(
        Optional<JwtConfig> jwt,
        Optional<HookConfig> hook,
        Duration expiryGrace,
        Duration revocationMargin,
        Duration revocationTime) {

    /** Whether everybody is let in. */
    public boolean isAnonymous() {
        return jwt.isEmpty() && hook.isEmpty();
    }
}
