package io.rejoin.auth;

import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.rejoin.auth.Grants.Grant;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.value.UserId;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a token says, once its signature holds.
 *
 * <p>{@code sub} and {@code exp} are required. {@code rejoin} is an object of our own with {@code grants}, {@code limits} and {@code
 * info}, each of which may be left out. What is there but malformed makes the token invalid: a grant that was misspelt must not become a
 * wider or a narrower one.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/security.md">claims</a>
 */
final class TokenClaims {

    private static final String OURS = "rejoin";
    private static final int USER_BYTES = 255;
    private static final int INFO_BYTES = 1_024;
    private static final int MOST_LIMIT = 1_000_000;

    private final JwtConfig config;
    private final InstantSource clock;

    /** What is wrong with a claim; the message holds none of its value. */
    private static final class ClaimFault extends Exception {
        ClaimFault(String message) {
            super(message);
        }
    }

    TokenClaims(JwtConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Looks at the claims of a token whose signature holds. Expiry comes last, so that only a token that was good is expired. */
    AuthResult check(SignedJWT jwt) {
        try {
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            if (claims == null) {
                throw new ClaimFault("payload is no object");
            }
            checkOrigin(claims);
            long now = clock.millis();
            long skew = config.clockSkew().toMillis();
            checkNotBefore("nbf", claims.getNotBeforeTime(), now + skew);
            checkNotBefore("iat", claims.getIssueTime(), now + skew);
            Principal principal = principal(claims);
            boolean expired = required(principal.token()).expiresAtMs() + skew <= now;
            return expired ? new AuthResult.Expired() : new AuthResult.Accepted(principal);
        } catch (ParseException malformed) {
            return new AuthResult.Rejected("a claim has the wrong type");
        } catch (ClaimFault fault) {
            return new AuthResult.Rejected(String.valueOf(fault.getMessage()));
        }
    }

    private static TokenFacts required(@Nullable TokenFacts facts) throws ClaimFault {
        if (facts == null) {
            throw new ClaimFault("exp is missing");
        }
        return facts;
    }

    private void checkOrigin(JWTClaimsSet claims) throws ClaimFault {
        if (config.issuer().isPresent() && !config.issuer().get().equals(claims.getIssuer())) {
            throw new ClaimFault("iss is not auth.jwt.issuer");
        }
        if (config.audience().isPresent()
                && !claims.getAudience().contains(config.audience().get())) {
            throw new ClaimFault("aud does not contain auth.jwt.audience");
        }
    }

    private static void checkNotBefore(String claim, @Nullable Date from, long latestMs) throws ClaimFault {
        if (from != null && ms(from) > latestMs) {
            throw new ClaimFault(claim + " is in the future");
        }
    }

    private Principal principal(JWTClaimsSet claims) throws ClaimFault, ParseException {
        Map<String, Object> ours = claims.getJSONObjectClaim(OURS);
        Map<String, Object> said = ours == null ? Map.of() : ours;
        return new Principal(user(claims), info(said), grants(said), limits(said), facts(claims));
    }

    private static UserId user(JWTClaimsSet claims) throws ClaimFault {
        String user = claims.getSubject();
        boolean usable = user != null
                && !user.isEmpty()
                && user.getBytes(StandardCharsets.UTF_8).length <= USER_BYTES
                && user.chars().noneMatch(Character::isISOControl);
        if (!usable) {
            throw new ClaimFault("sub is missing or unusable (expected: 1 to " + USER_BYTES
                    + " bytes of UTF-8 without control characters)");
        }
        return new UserId(user);
    }

    private static TokenFacts facts(JWTClaimsSet claims) throws ClaimFault {
        Date expires = claims.getExpirationTime();
        if (expires == null) {
            throw new ClaimFault("exp is missing");
        }
        Date issued = claims.getIssueTime();
        return new TokenFacts(claims.getJWTID(), issued == null ? 0 : ms(issued), ms(expires));
    }

    private static long ms(Date date) {
        return date.toInstant().toEpochMilli();
    }

    private static @Nullable String info(Map<String, Object> said) throws ClaimFault {
        Object info = said.get("info");
        if (info == null) {
            return null;
        }
        if (!(info instanceof Map<?, ?>)) {
            throw new ClaimFault("rejoin.info is no object");
        }
        String text = JSONObjectUtils.toJSONString(object(info, "rejoin.info"));
        if (text.getBytes(StandardCharsets.UTF_8).length > INFO_BYTES) {
            throw new ClaimFault("rejoin.info is too large (expected: at most " + INFO_BYTES + " bytes)");
        }
        return text;
    }

    private Grants grants(Map<String, Object> said) throws ClaimFault {
        Object list = said.get("grants");
        if (list == null) {
            return config.defaultGrants();
        }
        if (!(list instanceof List<?> entries) || entries.size() > Grants.MOST) {
            throw new ClaimFault("rejoin.grants is no list of at most " + Grants.MOST);
        }
        List<Grant> grants = new ArrayList<>();
        for (Object entry : entries) {
            grants.add(grant(object(entry, "rejoin.grants[]")));
        }
        return new Grants(grants);
    }

    private static Grant grant(Map<String, Object> entry) throws ClaimFault {
        Set<Action> actions = EnumSet.noneOf(Action.class);
        if (!(entry.get("actions") instanceof List<?> words)) {
            throw new ClaimFault("rejoin.grants[].actions is no list");
        }
        for (Object word : words) {
            Action action = word instanceof String text ? Action.of(text) : null;
            if (action == null) {
                throw new ClaimFault(
                        "rejoin.grants[].actions has an unknown one (expected: join, publish, presence or history)");
            }
            actions.add(action);
        }
        if (!(entry.get("room") instanceof String pattern)) {
            throw new ClaimFault("rejoin.grants[].room is no string");
        }
        try {
            return new Grant(pattern, actions);
        } catch (IllegalArgumentException wrongPattern) {
            throw new ClaimFault("rejoin.grants[].room is no pattern (expected: a name, or a prefix and *)");
        }
    }

    private static TokenLimits limits(Map<String, Object> said) throws ClaimFault {
        Object limits = said.get("limits");
        if (limits == null) {
            return TokenLimits.NONE;
        }
        Map<String, Object> bounds = object(limits, "rejoin.limits");
        return new TokenLimits(limit(bounds, "rooms"), limit(bounds, "inflight"));
    }

    private static int limit(Map<String, Object> bounds, String name) throws ClaimFault {
        Object bound = bounds.get(name);
        if (bound == null) {
            return 0;
        }
        if (!(bound instanceof Long number) || number < 1 || number > MOST_LIMIT) {
            throw new ClaimFault("rejoin.limits." + name + " is no integer from 1 to " + MOST_LIMIT);
        }
        return number.intValue();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value, String what) throws ClaimFault {
        if (!(value instanceof Map<?, ?>)) {
            throw new ClaimFault(what + " is no object");
        }
        return (Map<String, Object>) value;
    }
}
