package io.rejoin.auth;

import com.nimbusds.jwt.SignedJWT;
import io.rejoin.auth.Principal.TokenFacts;
import java.time.InstantSource;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Looks at the claims of a token, once its signature holds: for whom and from whom it is, and whether it is its time.
 *
 * <p>{@code sub} and {@code exp} are required.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/security.md">claims</a>
 */
final class TokenClaims {

    private final JwtConfig config;
    private final InstantSource clock;

    TokenClaims(JwtConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Looks at the claims of a token whose signature holds. Expiry comes last, so that only a token that was good is expired. */
    AuthResult check(SignedJWT jwt) {
        try {
            Map<String, Object> payload = jwt.getPayload().toJSONObject();
            if (payload == null) {
                throw new ClaimFault("payload is no object");
            }
            Claims claims = new Claims(payload);
            checkOrigin(claims);
            long now = clock.millis();
            long skew = config.clockSkew().toMillis();
            checkNotBefore(claims, "nbf", now + skew);
            checkNotBefore(claims, "iat", now + skew);
            TokenFacts facts = facts(claims);
            Principal principal = claims.principal(config.defaultGrants(), facts);
            boolean expired = facts.expiresAtMs() + skew <= now;
            return expired ? new AuthResult.Expired() : new AuthResult.Accepted(principal);
        } catch (ClaimFault fault) {
            return new AuthResult.Rejected(fault.text());
        }
    }

    private void checkOrigin(Claims claims) throws ClaimFault {
        if (config.issuer().isPresent() && !config.issuer().equals(claims.text("iss"))) {
            throw new ClaimFault("iss is not auth.jwt.issuer");
        }
        if (config.audience().isPresent()
                && !claims.texts("aud").contains(config.audience().get())) {
            throw new ClaimFault("aud does not contain auth.jwt.audience");
        }
    }

    private static void checkNotBefore(Claims claims, String claim, long latestMs) throws ClaimFault {
        if (claims.timeMs(claim).orElse(0) > latestMs) {
            throw new ClaimFault(claim + " is in the future");
        }
    }

    private static TokenFacts facts(Claims claims) throws ClaimFault {
        OptionalLong expires = claims.timeMs("exp");
        if (expires.isEmpty()) {
            throw new ClaimFault("exp is missing");
        }
        return new TokenFacts(
                claims.text("jti").orElse(null), claims.timeMs("iat").orElse(0), expires.getAsLong());
    }
}
