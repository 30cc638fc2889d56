package io.rejoin.session;

import io.rejoin.value.PublisherId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Proofs that a session is the client's own, checkable by any node without the session's record: a keyed hash over the session's id
 * and its user.
 *
 * <p>The first key signs; all keys are accepted, so that a key can be replaced while clients hold secrets of the old one.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class SessionSecrets {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int ID_BYTES = 16;
    private static final int PUBLISHER_BYTES = 9;
    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();

    private final List<SecretKeySpec> keys;

    /**
     * Takes the cluster's keys.
     *
     * @param keys at least one, of at least 16 bytes each; the first one signs
     */
    public SessionSecrets(List<byte[]> keys) {
        if (keys.isEmpty() || keys.stream().anyMatch(key -> key.length < 16)) {
            throw new IllegalArgumentException("cluster.key is too short (expected: at least 16 bytes)");
        }
        this.keys = keys.stream().map(key -> new SecretKeySpec(key, ALGORITHM)).toList();
    }

    /** A fresh session id. */
    public static SessionId newId(RandomGenerator random) {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return new SessionId(TEXT.encodeToString(id));
    }

    /** The secret of a session. */
    public String secretOf(SessionId session, @Nullable UserId user) {
        return TEXT.encodeToString(hash(keys.get(0), "secret", session, user));
    }

    /** Whether a secret is the session's, for this user. */
    public boolean isValid(SessionId session, @Nullable UserId user, String secret) {
        byte[] told;
        try {
            told = Base64.getUrlDecoder().decode(secret);
        } catch (IllegalArgumentException notOurs) {
            return false;
        }
        boolean valid = false;
        for (SecretKeySpec key : keys) {
            valid |= MessageDigest.isEqual(told, hash(key, "secret", session, user));
        }
        return valid;
    }

    /** The public id of a session: the same on every node, and telling nothing of the secret. */
    public PublisherId publisherOf(SessionId session) {
        byte[] hash = hash(keys.get(keys.size() - 1), "publisher", session, null);
        return new PublisherId(TEXT.encodeToString(Arrays.copyOf(hash, PUBLISHER_BYTES)));
    }

    private static byte[] hash(SecretKeySpec key, String use, SessionId session, @Nullable UserId user) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((use + "\n" + session.value().length() + "\n" + session.value() + "\n")
                    .getBytes(StandardCharsets.UTF_8));
            if (user != null) {
                mac.update(("user\n" + user.value()).getBytes(StandardCharsets.UTF_8));
            }
            return mac.doFinal();
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(ALGORITHM + " is not available (expected: a JDK with it)", missing);
        }
    }
}
