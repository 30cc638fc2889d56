package io.rejoin.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.util.Base64URL;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One key and the only algorithms that it may be used with. A token names its algorithm, but a key decides: a public RSA key never
 * checks a MAC, whatever the token says.
 *
 * <p>Threading: immutable.
 */
final class JwtKey {

    private static final int LEAST_RSA_BITS = 2_048;
    private static final int LEAST_SECRET_BYTES = 32;
    private static final Set<JWSAlgorithm> RSA = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512);
    private static final Map<Curve, JWSAlgorithm> EC =
            Map.of(Curve.P_256, JWSAlgorithm.ES256, Curve.P_384, JWSAlgorithm.ES384, Curve.P_521, JWSAlgorithm.ES512);
    private static final Map<JWSAlgorithm, Integer> SECRET_BYTES =
            Map.of(JWSAlgorithm.HS256, 32, JWSAlgorithm.HS384, 48, JWSAlgorithm.HS512, 64);

    private final @Nullable String id;
    private final Set<JWSAlgorithm> algorithms;
    private final Check check;

    /** Checks a signature by one key. */
    @FunctionalInterface
    private interface Check {
        boolean holds(JWSHeader header, byte[] input, Base64URL signature)
                throws JOSEException, GeneralSecurityException;
    }

    private JwtKey(@Nullable String id, Set<JWSAlgorithm> algorithms, Check check) {
        this.id = id;
        this.algorithms = algorithms;
        this.check = check;
    }

    /**
     * A public key.
     *
     * @param id the {@code kid} of tokens signed by it
     * @param only the one algorithm it is for; {@code null} for all that fit its type
     * @throws IllegalArgumentException when the key is too weak, of an unknown type, or not for that algorithm
     */
    static JwtKey of(@Nullable String id, PublicKey key, @Nullable JWSAlgorithm only) {
        if (key instanceof RSAPublicKey rsa) {
            int bits = rsa.getModulus().bitLength();
            if (bits < LEAST_RSA_BITS) {
                throw new IllegalArgumentException(
                        "RSA key of " + bits + " bits (expected: at least " + LEAST_RSA_BITS + ")");
            }
            return new JwtKey(id, pinned(RSA, only), by(new RSASSAVerifier(rsa)));
        }
        if (key instanceof ECPublicKey ec) {
            Optional<JWSAlgorithm> fitting = Optional.ofNullable(Curve.forECParameterSpec(ec.getParams()))
                    .map(EC::get);
            JWSAlgorithm algorithm = fitting.orElseThrow(
                    () -> new IllegalArgumentException("EC key of another curve (expected: P-256, P-384 or P-521)"));
            try {
                return new JwtKey(id, pinned(Set.of(algorithm), only), by(new ECDSAVerifier(ec)));
            } catch (JOSEException wrongCurve) {
                throw new IllegalArgumentException("EC key cannot be used: " + wrongCurve.getMessage(), wrongCurve);
            }
        }
        if (key instanceof EdECPublicKey edwards
                && edwards.getParams().getName().equals("Ed25519")) {
            return new JwtKey(
                    id,
                    pinned(Set.of(JWSAlgorithm.EdDSA, JWSAlgorithm.Ed25519), only),
                    (header, input, signature) -> holdsEd25519(edwards, input, signature));
        }
        throw new IllegalArgumentException("key of type " + key.getAlgorithm() + " (expected: RSA, EC or Ed25519)");
    }

    /**
     * A secret.
     *
     * @throws IllegalArgumentException when it is too short
     */
    static JwtKey ofSecret(@Nullable String id, byte[] secret, @Nullable JWSAlgorithm only) {
        Set<JWSAlgorithm> longEnough = SECRET_BYTES.entrySet().stream()
                .filter(entry -> secret.length >= entry.getValue())
                .map(Map.Entry::getKey)
                .collect(java.util.stream.Collectors.toUnmodifiableSet());
        if (longEnough.isEmpty()) {
            throw new IllegalArgumentException(
                    "secret of " + secret.length + " bytes (expected: at least " + LEAST_SECRET_BYTES + ")");
        }
        try {
            return new JwtKey(id, pinned(longEnough, only), by(new MACVerifier(secret)));
        } catch (JOSEException tooShort) {
            throw new IllegalArgumentException("secret cannot be used: " + tooShort.getMessage(), tooShort);
        }
    }

    private static Set<JWSAlgorithm> pinned(Set<JWSAlgorithm> fitting, @Nullable JWSAlgorithm only) {
        if (only == null) {
            return fitting;
        }
        if (!fitting.contains(only)) {
            throw new IllegalArgumentException(
                    "alg=" + only + " does not fit the key (expected: one of " + fitting + ")");
        }
        return Set.of(only);
    }

    private static Check by(JWSVerifier verifier) {
        return verifier::verify;
    }

    /** By the JDK, which Nimbus has no adapter for. */
    private static boolean holdsEd25519(EdECPublicKey key, byte[] input, Base64URL signature)
            throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(key);
        verifier.update(input);
        return verifier.verify(signature.decode());
    }

    /** The {@code kid} of tokens signed by it; {@code null} when tokens do not name it. */
    @Nullable
    String id() {
        return id;
    }

    /** Whether a token with this algorithm may be checked by it. */
    boolean isFor(JWSAlgorithm algorithm) {
        return algorithms.contains(algorithm);
    }

    /** Whether it made the signature. */
    boolean signed(JWSHeader header, byte[] input, Base64URL signature) {
        try {
            return check.holds(header, input, signature);
        } catch (JOSEException | GeneralSecurityException malformed) {
            // A signature of the wrong length or form is a wrong signature.
            return false;
        }
    }
}
