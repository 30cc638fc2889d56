package io.rejoin.auth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How tokens are checked.
 *
 * <p>Threading: immutable.
 *
 * @param keys where the keys are
 * @param issuer what {@code iss} has to be; empty: not looked at
 * @param audience what {@code aud} has to contain; empty: not looked at
 * @param clockSkew how far the clocks of nodes and of the issuer may be apart
 * @param keyRefresh keys that are older are read again
 * @param keyMaxAge keys that are older, because they could not be read again, are not used
 * @param defaultGrants for tokens that say nothing of grants
 */
public record JwtConfig(
        KeyLocation keys,
        Optional<String> issuer,
        Optional<String> audience,
        Duration clockSkew,
        Duration keyRefresh,
        Duration keyMaxAge,
        Grants defaultGrants) {

    /** Where keys are. */
    public sealed interface KeyLocation {

        /** A file with public keys in PEM, or with JWKs in JSON. */
        record KeyFile(Path path) implements KeyLocation {}

        /** A file whose bytes are a secret. */
        record SecretFile(Path path) implements KeyLocation {}

        /** A URL of a set of JWKs. */
        record KeyUrl(URI uri) implements KeyLocation {}
    }
}
