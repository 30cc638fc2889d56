package io.rejoin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import io.rejoin.auth.AuthResult.Accepted;
import io.rejoin.auth.AuthResult.Rejected;
import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.testing.Tokens;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwtAuthenticatorTest {

    private static final long NOW = 1_790_000_000_000L;
    private static final Duration SKEW = Duration.ofSeconds(30);
    private static final RSAKey RSA = rsa("rsa-1");
    private static final RSAKey OTHER_RSA = rsa("rsa-2");

    private long ticks;
    private byte[] published = {};
    private int reads;

    private static RSAKey rsa(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
        } catch (JOSEException e) {
            throw new AssertionError(e);
        }
    }

    private Authenticator authenticator(KeyLocation location, byte[] keys) {
        published = keys;
        JwtConfig config = new JwtConfig(
                location,
                Optional.of("issuer"),
                Optional.of("rejoin"),
                SKEW,
                Duration.ofMinutes(5),
                Duration.ofHours(1),
                Grants.parse("lobby=join"));
        KeySource source = () -> {
            reads++;
            return Future.succeededFuture(published);
        };
        return new JwtAuthenticator(config, source, () -> ticks, InstantSource.fixed(Instant.ofEpochMilli(NOW)));
    }

    private Authenticator withJwks(JWK... keys) {
        return authenticator(new KeyLocation.KeyUrl(URI.create("https://issuer/keys")), jwks(keys));
    }

    private static byte[] jwks(JWK... keys) {
        return new JWKSet(Arrays.asList(keys)).toString().getBytes(StandardCharsets.UTF_8);
    }

    private Authenticator withSecret() {
        return authenticator(
                new KeyLocation.SecretFile(Path.of("secret")), (Tokens.SECRET + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static JWTClaimsSet.Builder claims() {
        return Tokens.claims("alice", NOW).issuer("issuer").audience(List.of("other", "rejoin"));
    }

    private static String byRsa(RSAKey key, JWSAlgorithm algorithm, JWTClaimsSet.Builder claims) throws Exception {
        return Tokens.signed(header(algorithm, key.getKeyID()), claims, new RSASSASigner(key));
    }

    private static JWSHeader header(JWSAlgorithm algorithm, String keyId) {
        return new JWSHeader.Builder(algorithm).keyID(keyId).build();
    }

    private static AuthResult ask(Authenticator authenticator, String token) {
        return authenticator.authenticate(Applicant.showing(token)).result();
    }

    private static String reason(AuthResult result) {
        assertThat(result).isInstanceOf(Rejected.class);
        return ((Rejected) result).reason();
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + label
                + "-----\n";
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256"})
    void acceptsWhatAnRsaKeySigned(String algorithm) throws Exception {
        String token = byRsa(RSA, JWSAlgorithm.parse(algorithm), claims());

        assertThat(ask(withJwks(RSA.toPublicJWK()), token)).isInstanceOf(Accepted.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"P-256", "P-384", "P-521"})
    void acceptsWhatAnEcKeySigned(String curve) throws Exception {
        ECKey key = new ECKeyGenerator(Curve.parse(curve)).keyID("ec").generate();
        ECDSASigner signer = new ECDSASigner(key);
        JWSAlgorithm algorithm = signer.supportedJWSAlgorithms().iterator().next();

        String token = Tokens.signed(header(algorithm, "ec"), claims(), signer);

        assertThat(ask(withJwks(key.toPublicJWK()), token)).isInstanceOf(Accepted.class);
    }

    @Test
    void acceptsWhatAnEd25519KeySigned() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        byte[] der = pair.getPublic().getEncoded();
        OctetKeyPair jwk = new OctetKeyPair.Builder(
                        Curve.Ed25519, Base64URL.encode(Arrays.copyOfRange(der, der.length - 32, der.length)))
                .keyID("ed")
                .build();
        String input = Base64URL.encode("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}") + "."
                + Base64URL.encode(claims().build().toString());
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(input.getBytes(StandardCharsets.US_ASCII));
        String token = input + "." + Base64URL.encode(signature.sign());

        assertThat(ask(withJwks(jwk), token)).isInstanceOf(Accepted.class);
        assertThat(ask(
                        authenticator(
                                new KeyLocation.KeyFile(Path.of("keys.pem")),
                                pem("PUBLIC KEY", der).getBytes(StandardCharsets.US_ASCII)),
                        token))
                .isInstanceOf(Accepted.class);
        assertThat(reason(ask(withJwks(jwk), token.substring(0, token.length() - 4) + "AAAA")))
                .isEqualTo("signature does not hold");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HS256", "HS384", "HS512"})
    void acceptsWhatTheSecretSigned(String algorithm) throws Exception {
        String token = Tokens.signed(
                new JWSHeader(JWSAlgorithm.parse(algorithm)),
                claims(),
                new MACSigner(Tokens.SECRET.getBytes(StandardCharsets.UTF_8)));

        assertThat(ask(withSecret(), token)).isInstanceOf(Accepted.class);
    }

    @Test
    void acceptsAnyOfSeveralPemKeys() throws Exception {
        String keys = pem("PUBLIC KEY", OTHER_RSA.toRSAPublicKey().getEncoded())
                + pem("PUBLIC KEY", RSA.toRSAPublicKey().getEncoded());

        Authenticator authenticator =
                authenticator(new KeyLocation.KeyFile(Path.of("keys.pem")), keys.getBytes(StandardCharsets.US_ASCII));

        assertThat(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS256, claims()))).isInstanceOf(Accepted.class);
    }

    @Test
    void readsUserTokenGrantsLimitsAndInfo() {
        String token = Tokens.signed(claims().jwtID("id-1")
                .claim(
                        "rejoin",
                        Map.of(
                                "grants",
                                List.of(
                                        Map.of("room", "chat/*", "actions", List.of("join", "publish")),
                                        Map.of("room", "news", "actions", List.of("history"))),
                                "limits",
                                Map.of("rooms", 3, "inflight", 4),
                                "info",
                                Map.of("name", "Alice"))));

        Principal principal = ((Accepted) ask(withSecret(), token)).principal();

        assertThat(principal.user()).isEqualTo(new UserId("alice"));
        assertThat(principal.info()).isEqualTo("{\"name\":\"Alice\"}");
        assertThat(principal.limits()).isEqualTo(new TokenLimits(3, 4));
        assertThat(principal.token()).isEqualTo(new TokenFacts("id-1", NOW, NOW + 600_000));
        assertThat(principal.grants()).isEqualTo(Grants.parse("chat/*=join+publish, news=history"));
    }

    @Test
    void grantsTheDefaultWhenTheTokenSaysNothing() {
        Principal principal = ((Accepted) ask(withSecret(), Tokens.signed(claims()))).principal();

        assertThat(principal.grants().allow(new RoomId("lobby"), Action.JOIN)).isTrue();
        assertThat(principal.grants().allow(new RoomId("lobby"), Action.PUBLISH))
                .isFalse();
        assertThat(principal.limits()).isEqualTo(TokenLimits.NONE);
    }

    @Test
    void refusesAnAlgorithmThatIsNotOneOfTheKey() throws Exception {
        ECKey ec = new ECKeyGenerator(Curve.P_256).keyID("rsa-1").generate();
        String token = Tokens.signed(header(JWSAlgorithm.ES256, "rsa-1"), claims(), new ECDSASigner(ec));

        assertThat(reason(ask(withJwks(RSA.toPublicJWK()), token))).isEqualTo("alg of the token is not one of its key");
    }

    @Test
    void refusesAnAlgorithmOtherThanTheOneThatAJwkNames() throws Exception {
        RSAKey only = new RSAKey.Builder(RSA).algorithm(JWSAlgorithm.RS512).build();
        Authenticator authenticator = withJwks(only.toPublicJWK());

        assertThat(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS512, claims()))).isInstanceOf(Accepted.class);
        assertThat(reason(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS256, claims()))))
                .isEqualTo("alg of the token is not one of its key");
    }

    @Test
    void refusesTokensThatAreNotSigned() {
        String none = new PlainJWT(claims().build()).serialize();
        String emptySignature = Base64URL.encode("{\"alg\":\"none\"}") + "."
                + Base64URL.encode(claims().build().toString()) + ".AAAA";
        Authenticator authenticator = withSecret();

        assertThat(reason(ask(authenticator, none))).isEqualTo("token is no signed JWT");
        assertThat(reason(ask(authenticator, emptySignature))).isEqualTo("token is no signed JWT");
    }

    @Test
    void takesAPublicKeyForNoSecret() throws Exception {
        byte[] der = RSA.toRSAPublicKey().getEncoded();
        String pem = pem("PUBLIC KEY", der);
        Authenticator byFile =
                authenticator(new KeyLocation.KeyFile(Path.of("keys.pem")), pem.getBytes(StandardCharsets.US_ASCII));

        for (byte[] secret : new byte[][] {der, pem.getBytes(StandardCharsets.US_ASCII)}) {
            JWSSigner forger = new MACSigner(secret);
            String confused = Tokens.signed(header(JWSAlgorithm.HS256, "rsa-1"), claims(), forger);
            assertThat(reason(ask(byFile, confused))).isEqualTo("alg of the token is not one of its key");
            assertThat(reason(ask(withJwks(RSA.toPublicJWK()), confused)))
                    .isEqualTo("alg of the token is not one of its key");
            byFile = authenticator(
                    new KeyLocation.KeyFile(Path.of("keys.pem")), pem.getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void refusesAKeyThatTheTokenBringsAlong() throws Exception {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .jwk(OTHER_RSA.toPublicJWK())
                .keyID("rsa-1")
                .build();
        String token = Tokens.signed(header, claims(), new RSASSASigner(OTHER_RSA));

        assertThat(reason(ask(withJwks(RSA.toPublicJWK()), token))).isEqualTo("signature does not hold");
    }

    @Test
    void refusesCriticalParametersThatNobodyUnderstands() throws Exception {
        JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256)
                .criticalParams(java.util.Set.of("x"))
                .customParam("x", 1)
                .build();

        assertThat(reason(ask(withJwks(RSA.toPublicJWK()), Tokens.signed(header, claims(), new RSASSASigner(RSA)))))
                .contains("critical");
    }

    @Test
    void tellsAnExpiredTokenFromAnInvalidOne() {
        long expiry = NOW - SKEW.toMillis();
        Authenticator authenticator = withSecret();

        assertThat(ask(
                        authenticator,
                        Tokens.signed(claims().expirationTime(Date.from(Instant.ofEpochMilli(expiry + 1_000))))))
                .isInstanceOf(Accepted.class);
        assertThat(ask(authenticator, Tokens.signed(claims().expirationTime(Date.from(Instant.ofEpochMilli(expiry))))))
                .isInstanceOf(AuthResult.Expired.class);
        assertThat(ask(
                        authenticator,
                        Tokens.signed(claims().expirationTime(Date.from(Instant.ofEpochMilli(expiry)))
                                .issuer("evil"))))
                .isInstanceOf(Rejected.class);
    }

    @Test
    void refusesTokensOfTheFuture() {
        Date soon = Date.from(Instant.ofEpochMilli(NOW + SKEW.toMillis()));
        Date later = Date.from(Instant.ofEpochMilli(NOW + SKEW.toMillis() + 1_000));
        Authenticator authenticator = withSecret();

        assertThat(ask(authenticator, Tokens.signed(claims().notBeforeTime(soon))))
                .isInstanceOf(Accepted.class);
        assertThat(reason(ask(authenticator, Tokens.signed(claims().notBeforeTime(later)))))
                .isEqualTo("nbf is in the future");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().issueTime(later)))))
                .isEqualTo("iat is in the future");
    }

    @Test
    void refusesTokensOfOthersAndForOthers() {
        Authenticator authenticator = withSecret();

        assertThat(reason(ask(authenticator, Tokens.signed(claims().issuer("issuer2")))))
                .startsWith("iss");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().issuer(null)))))
                .startsWith("iss");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().audience("other")))))
                .startsWith("aud");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().audience((String) null)))))
                .startsWith("aud");
    }

    @Test
    void refusesTokensWithoutUserOrEnd() {
        Authenticator authenticator = withSecret();

        assertThat(reason(ask(authenticator, Tokens.signed(claims().subject(null)))))
                .startsWith("sub");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().subject("a\u0000b")))))
                .startsWith("sub");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().subject("é".repeat(128))))))
                .startsWith("sub");
        assertThat(reason(ask(authenticator, Tokens.signed(claims().expirationTime(null)))))
                .startsWith("exp");
    }

    @Test
    void refusesClaimsOfOursThatItDoesNotUnderstand() {
        List<Object> wrong = new ArrayList<>();
        wrong.add("grants");
        wrong.add(Map.of("grants", "all"));
        wrong.add(Map.of("grants", List.of("chat")));
        wrong.add(Tokens.granting("chat", "joim"));
        wrong.add(Tokens.granting("ch*at", "join"));
        wrong.add(Tokens.granting("", "join"));
        wrong.add(Map.of("grants", List.of(Map.of("actions", List.of("join")))));
        wrong.add(Map.of("grants", List.of(Map.of("room", "chat", "actions", "join"))));
        wrong.add(Map.of(
                "grants", java.util.Collections.nCopies(65, Map.of("room", "chat", "actions", List.of("join")))));
        wrong.add(Map.of("limits", Map.of("rooms", 0)));
        wrong.add(Map.of("limits", Map.of("rooms", "3")));
        wrong.add(Map.of("info", "x"));
        wrong.add(Map.of("info", Map.of("x", "y".repeat(1_024))));

        for (Object value : wrong) {
            assertThat(ask(withSecret(), Tokens.signed(claims().claim("rejoin", value))))
                    .as("rejoin=%s", value)
                    .isInstanceOf(Rejected.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "a.b.c", "..", "eyJ.eyJ.x", "eyJhbGciOiJIUzI1NiJ9..", "é.é.é", "{}", "a.b.c.d.e"})
    void refusesWhatIsNoToken(String garbage) {
        assertThat(ask(withSecret(), garbage)).isInstanceOf(Rejected.class);
        assertThat(ask(withSecret(), null)).isEqualTo(new Rejected("there is no token"));
    }

    @Test
    void refusesAHugeTokenWithoutReadingIt() {
        String huge = Tokens.signed(claims().claim("x", "y".repeat(8 << 10)));

        assertThat(reason(ask(withSecret(), huge))).contains("expected: at most 8192");
        assertThat(reads).isZero();
    }

    @Test
    void refusesATokenThatWasChanged() {
        String good = Tokens.signed(claims());
        String[] parts = good.split("\\.", -1);
        String otherUser = parts[0] + "."
                + Base64URL.encode(claims().subject("bob").build().toString()) + "." + parts[2];

        assertThat(reason(ask(withSecret(), otherUser))).isEqualTo("signature does not hold");
    }

    @Test
    void asksForANewKeyOnceAndAcceptsWhatItSigned() throws Exception {
        Authenticator authenticator = withJwks(RSA.toPublicJWK());
        assertThat(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS256, claims()))).isInstanceOf(Accepted.class);
        ticks += KeyCache.LEAST_PAUSE.toMillis();
        published = jwks(OTHER_RSA.toPublicJWK());

        assertThat(ask(authenticator, byRsa(OTHER_RSA, JWSAlgorithm.RS256, claims())))
                .isInstanceOf(Accepted.class);
        assertThat(reason(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS256, claims()))))
                .isEqualTo("no key has the kid of the token");
        assertThat(reads).isEqualTo(2);
    }

    @Test
    void readsKeysOnceHoweverManyTokensNameUnknownOnes() throws Exception {
        Authenticator authenticator = withJwks(RSA.toPublicJWK());
        String unknown = byRsa(OTHER_RSA, JWSAlgorithm.RS256, claims());
        for (int i = 0; i < 100; i++) {
            ask(authenticator, unknown);
        }
        assertThat(reads).isEqualTo(1);

        ticks += KeyCache.LEAST_PAUSE.toMillis();
        for (int i = 0; i < 100; i++) {
            ask(authenticator, unknown);
        }

        assertThat(reads).isEqualTo(2);
    }

    @Test
    void takesNoSecretAndNoKeyForEncryptionFromAUrl() throws Exception {
        String secret = "{\"kty\":\"oct\",\"k\":\"" + Base64URL.encode(Tokens.SECRET) + "\"}";
        String keys = "{\"keys\":[" + secret + ",{\"kty\":\"new\"},"
                + new RSAKey.Builder(OTHER_RSA)
                        .keyUse(KeyUse.ENCRYPTION)
                        .build()
                        .toPublicJWK() + ","
                + RSA.toPublicJWK() + "]}";
        Authenticator authenticator = authenticator(
                new KeyLocation.KeyUrl(URI.create("https://issuer/keys")), keys.getBytes(StandardCharsets.UTF_8));

        assertThat(ask(authenticator, Tokens.signed(claims()))).isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, byRsa(OTHER_RSA, JWSAlgorithm.RS256, claims())))
                .isInstanceOf(Rejected.class);
        assertThat(ask(authenticator, byRsa(RSA, JWSAlgorithm.RS256, claims()))).isInstanceOf(Accepted.class);
    }

    @Test
    void takesNoWeakKeys() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(1024);
        byte[] weak = pem("PUBLIC KEY", generator.generateKeyPair().getPublic().getEncoded())
                .getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> JwtKeySet.ofFile(weak)).hasMessageContaining("1024 bits (expected: at least 2048)");
        assertThatThrownBy(() -> JwtKeySet.ofSecret("short".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("5 bytes (expected: at least 32)");
        assertThatThrownBy(() -> JwtKeySet.ofFile("nothing".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("no usable key");
        assertThatThrownBy(() -> JwtKeySet.ofUrl("{".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("keys cannot be read");
    }

    @Test
    void tellsNothingOfATokenInItsReasons() throws Exception {
        for (String token : List.of(
                Tokens.signed(claims().subject("mallory").issuer("evil")),
                Tokens.signed(claims().claim("rejoin", Tokens.granting("secret-room", "joim"))),
                byRsa(OTHER_RSA, JWSAlgorithm.RS256, claims()))) {
            assertThat(reason(ask(withSecret(), token)))
                    .doesNotContain("mallory", "evil", "secret-room", "joim", "rsa-2", token);
        }
    }
}
