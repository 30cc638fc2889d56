package io.rejoin.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;

/**
 * Makes tokens.
 *
 * <p>Threading: stateless.
 */
public final class Tokens {

    /** A secret long enough for every algorithm. */
    public static final String SECRET = "a secret for tests that is long enough for sixty-four bytes of hash";

    private Tokens() {}

    /** Claims of a user, good for ten minutes from then on. */
    public static JWTClaimsSet.Builder claims(String user, long nowMs) {
        return new JWTClaimsSet.Builder()
                .subject(user)
                .issueTime(Date.from(Instant.ofEpochMilli(nowMs)))
                .expirationTime(Date.from(Instant.ofEpochMilli(nowMs + 600_000)));
    }

    /** What stands in {@code rejoin} of a token that grants everything in rooms of a pattern. */
    public static Map<String, Object> everythingIn(String pattern) {
        return granting(pattern, "join", "publish", "presence", "history");
    }

    /** What stands in {@code rejoin} of a token that grants some actions in rooms of a pattern. */
    public static Map<String, Object> granting(String pattern, String... actions) {
        return Map.of("grants", List.of(Map.of("room", pattern, "actions", List.of(actions))));
    }

    /** Signs by {@link #SECRET}. */
    public static String signed(JWTClaimsSet.Builder claims) {
        try {
            MACSigner signer = new MACSigner(SECRET.getBytes(StandardCharsets.UTF_8));
            return signed(new JWSHeader(JWSAlgorithm.HS256), claims, signer);
        } catch (JOSEException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Signs by any key. */
    public static String signed(JWSHeader header, JWTClaimsSet.Builder claims, JWSSigner signer) {
        SignedJWT jwt = new SignedJWT(header, claims.build());
        try {
            jwt.sign(signer);
        } catch (JOSEException refused) {
            throw new AssertionError(refused);
        }
        return jwt.serialize();
    }
}
