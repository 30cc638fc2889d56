package io.rejoin.chaos.client;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Issues the tokens that clients prove themselves with (JWT, HS256).
 *
 * <p>Threading: thread-safe.
 */
public final class Tokens {

    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final byte[] secret;
    private final Duration lifetime;

    /**
     * Makes an issuer.
     *
     * @param secret at least 32 characters
     * @param lifetime of each token
     */
    public Tokens(String secret, Duration lifetime) {
        this.secret = secret.getBytes(StandardCharsets.UTF_8);
        this.lifetime = lifetime;
    }

    /** Writes the secret where nodes read it. */
    public void share(Path file) {
        try {
            Files.write(file, secret);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** A new token of a user, that expires after the lifetime. */
    String issue(String user) {
        long expires = System.currentTimeMillis() / 1_000 + lifetime.toSeconds();
        String text = part(new JsonObject().put("alg", "HS256").put("typ", "JWT"))
                + '.'
                + part(new JsonObject().put("sub", user).put("exp", expires));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return text + '.' + BASE64.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HmacSHA256 is not available (expected: a JDK with it)", e);
        }
    }

    private static String part(JsonObject object) {
        return BASE64.encodeToString(object.encode().getBytes(StandardCharsets.UTF_8));
    }
}
