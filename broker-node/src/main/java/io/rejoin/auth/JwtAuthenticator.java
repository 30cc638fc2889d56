package io.rejoin.auth;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jwt.SignedJWT;
import io.rejoin.auth.JwtConfig.KeyLocation;
import io.vertx.core.Future;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Accepts tokens that are JWTs signed by a known key.
 *
 * <p>Nothing of a token but its header is looked at before its signature is checked. A check takes some hundred microseconds and is made
 * where it is asked for; keys are read elsewhere.
 *
 * <p>Threading: thread-safe. Limits: tokens of {@link Applicant#MAX_TOKEN} characters.
 */
public final class JwtAuthenticator implements Authenticator {

    private final KeyCache keys;
    private final TokenClaims claims;

    /**
     * Creates one that has not read its keys yet.
     *
     * @param source of {@link JwtConfig#keys}
     * @param ticks milliseconds of a clock that never jumps
     * @param clock that expiry is measured with
     */
    public JwtAuthenticator(JwtConfig config, KeySource source, LongSupplier ticks, InstantSource clock) {
        this.keys = new KeyCache(source, parser(config.keys()), config.keyRefresh(), config.keyMaxAge(), ticks);
        this.claims = new TokenClaims(config, clock);
    }

    private static Function<byte[], JwtKeySet> parser(KeyLocation location) {
        if (location instanceof KeyLocation.SecretFile) {
            return JwtKeySet::ofSecret;
        }
        return location instanceof KeyLocation.KeyUrl ? JwtKeySet::ofUrl : JwtKeySet::ofFile;
    }

    /** Reads the keys; fails when that is not possible now. */
    public Future<Void> prepare() {
        return keys.current().mapEmpty();
    }

    @Override
    public Future<AuthResult> authenticate(Applicant applicant) {
        String token = applicant.token();
        if (token == null || token.isEmpty()) {
            return rejected("there is no token");
        }
        String fault = applicant.tokenFault();
        if (fault != null) {
            return rejected(fault);
        }
        SignedJWT jwt;
        try {
            jwt = SignedJWT.parse(token);
        } catch (ParseException | IllegalArgumentException malformed) {
            return rejected("token is no signed JWT");
        }
        if (jwt.getHeader().getCriticalParams() != null) {
            return rejected("token has critical header parameters (expected: none)");
        }
        String id = jwt.getHeader().getKeyID();
        return keys.current()
                .compose(known -> known.named(id).isEmpty() ? keys.after(known) : Future.succeededFuture(known))
                .map(known -> check(jwt, known.named(id)));
    }

    private AuthResult check(SignedJWT jwt, List<JwtKey> named) {
        if (named.isEmpty()) {
            return new AuthResult.Rejected("no key has the kid of the token");
        }
        JWSHeader header = jwt.getHeader();
        List<JwtKey> fitting =
                named.stream().filter(key -> key.isFor(header.getAlgorithm())).toList();
        if (fitting.isEmpty()) {
            return new AuthResult.Rejected("alg of the token is not one of its key");
        }
        byte[] input = jwt.getSigningInput();
        for (JwtKey key : fitting) {
            if (key.signed(header, input, jwt.getSignature())) {
                return claims.check(jwt);
            }
        }
        return new AuthResult.Rejected("signature does not hold");
    }

    private static Future<AuthResult> rejected(String reason) {
        return Future.succeededFuture(new AuthResult.Rejected(reason));
    }
}
