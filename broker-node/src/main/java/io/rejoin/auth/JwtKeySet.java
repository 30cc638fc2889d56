package io.rejoin.auth;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that tokens may be signed by.
 *
 * <p>Threading: immutable.
 */
final class JwtKeySet {

    private static final Logger LOG = LoggerFactory.getLogger(JwtKeySet.class);
    private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z ]+)-----([^-]+)-----END \\1-----");
    private static final List<String> KEY_TYPES = List.of("RSA", "EC", "Ed25519");
    /** What stands in X.509 in front of the 32 bytes of an Ed25519 key (RFC 8410). */
    private static final byte[] ED25519_PREFIX = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
    };

    private final List<JwtKey> keys;

    private JwtKeySet(List<JwtKey> keys) {
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(
                    "no usable key (expected: at least one RSA, EC or Ed25519 key for signatures)");
        }
        this.keys = List.copyOf(keys);
    }

    /**
     * Reads a file of keys: public keys or certificates in PEM, or a JWK or a set of them in JSON, secrets included.
     *
     * @throws IllegalArgumentException when there is no usable key in it
     */
    static JwtKeySet ofFile(byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8).trim();
        return text.startsWith("{") ? ofJson(text, true) : ofPem(text);
    }

    /**
     * Reads a published set of keys in JSON. A secret in it is no secret and is not taken.
     *
     * @throws IllegalArgumentException when there is no usable key in it
     */
    static JwtKeySet ofUrl(byte[] content) {
        return ofJson(new String(content, StandardCharsets.UTF_8), false);
    }

    /** Takes a secret: all bytes of a file but a line break at its end. */
    static JwtKeySet ofSecret(byte[] content) {
        int length = content.length;
        while (length > 0 && (content[length - 1] == '\n' || content[length - 1] == '\r')) {
            length--;
        }
        return new JwtKeySet(List.of(JwtKey.ofSecret(null, java.util.Arrays.copyOf(content, length), null)));
    }

    private static JwtKeySet ofPem(String text) {
        List<JwtKey> keys = new ArrayList<>();
        Matcher matcher = PEM.matcher(text);
        while (matcher.find()) {
            byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
            keys.add(JwtKey.of(null, publicKey(matcher.group(1), der), null));
        }
        return new JwtKeySet(keys);
    }

    private static PublicKey publicKey(String label, byte[] der) {
        return switch (label) {
            case "PUBLIC KEY" -> publicKey(der);
            case "CERTIFICATE" -> {
                try {
                    yield CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(der))
                            .getPublicKey();
                } catch (GeneralSecurityException broken) {
                    throw new IllegalArgumentException("certificate cannot be read (expected: X.509)", broken);
                }
            }
            default ->
                throw new IllegalArgumentException("PEM of a " + label + " (expected: PUBLIC KEY or CERTIFICATE)");
        };
    }

    private static PublicKey publicKey(byte[] der) {
        for (String type : KEY_TYPES) {
            try {
                return KeyFactory.getInstance(type).generatePublic(new X509EncodedKeySpec(der));
            } catch (GeneralSecurityException another) {
                LOG.trace("key is not of type {}", type, another);
            }
        }
        throw new IllegalArgumentException("public key cannot be read (expected: RSA, EC or Ed25519 in X.509)");
    }

    private static JwtKeySet ofJson(String text, boolean secretsToo) {
        List<JwtKey> keys = new ArrayList<>();
        for (Map<String, Object> entry : entries(text)) {
            try {
                JwtKey key = ofJwk(JWK.parse(entry), secretsToo);
                if (key != null) {
                    keys.add(key);
                }
            } catch (ParseException | com.nimbusds.jose.JOSEException | IllegalArgumentException unusable) {
                // Sets hold keys for other purposes and of newer kinds; those that are left may do.
                LOG.debug("key is not used kid={} cause={}", entry.get("kid"), unusable.getMessage());
            }
        }
        return new JwtKeySet(keys);
    }

    private static List<Map<String, Object>> entries(String text) {
        try {
            Map<String, Object> json = JSONObjectUtils.parse(text);
            if (!json.containsKey("keys")) {
                return List.of(json);
            }
            Map<String, Object>[] keys = JSONObjectUtils.getJSONObjectArray(json, "keys");
            return keys == null ? List.of() : List.of(keys);
        } catch (ParseException | NullPointerException broken) {
            throw new IllegalArgumentException("keys cannot be read (expected: a JWK, or {\"keys\":[…]})", broken);
        }
    }

    private static @Nullable JwtKey ofJwk(JWK jwk, boolean secretsToo) throws com.nimbusds.jose.JOSEException {
        boolean forSignatures = (jwk.getKeyUse() == null || KeyUse.SIGNATURE.equals(jwk.getKeyUse()))
                && (jwk.getKeyOperations() == null || jwk.getKeyOperations().contains(KeyOperation.VERIFY));
        if (!forSignatures) {
            return null;
        }
        JWSAlgorithm only = jwk.getAlgorithm() == null
                ? null
                : JWSAlgorithm.parse(jwk.getAlgorithm().getName());
        if (jwk instanceof OctetSequenceKey secret) {
            return secretsToo ? JwtKey.ofSecret(jwk.getKeyID(), secret.toByteArray(), only) : null;
        }
        if (jwk instanceof OctetKeyPair edwards) {
            return JwtKey.of(jwk.getKeyID(), ed25519(edwards), only);
        }
        return jwk instanceof AsymmetricJWK asymmetric
                ? JwtKey.of(jwk.getKeyID(), asymmetric.toPublicKey(), only)
                : null;
    }

    private static PublicKey ed25519(OctetKeyPair jwk) {
        byte[] raw = jwk.getDecodedX();
        if (raw.length != 32 || !"Ed25519".equals(jwk.getCurve().getName())) {
            throw new IllegalArgumentException("crv=" + jwk.getCurve() + " (expected: Ed25519)");
        }
        byte[] der = java.util.Arrays.copyOf(ED25519_PREFIX, ED25519_PREFIX.length + raw.length);
        System.arraycopy(raw, 0, der, ED25519_PREFIX.length, raw.length);
        return publicKey(der);
    }

    /**
     * The keys that a token may be signed by.
     *
     * @param id the token's {@code kid}: then keys of that name, else keys without a name; {@code null}: all
     * @return empty when no key has that name
     */
    List<JwtKey> named(@Nullable String id) {
        if (id == null) {
            return keys;
        }
        List<JwtKey> named = keys.stream().filter(key -> id.equals(key.id())).toList();
        return named.isEmpty() ? keys.stream().filter(key -> key.id() == null).toList() : named;
    }
}
