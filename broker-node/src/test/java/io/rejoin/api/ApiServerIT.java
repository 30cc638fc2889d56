package io.rejoin.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.auth.Revocation;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.TestCa;
import io.rejoin.tls.ListenerTls;
import io.rejoin.tls.PemFiles;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiServerIT {

    private static final long NOW = 1_790_000_000_000L;
    private static final String KEY = "a-key-of-sixteen-bytes";
    private static final String OTHER_KEY = "another-key-of-sixteen-bytes";

    private final Vertx vertx = Vertx.vertx();
    private final List<Revocation> revoked = new CopyOnWriteArrayList<>();
    private volatile Future<Void> outcome = Future.succeededFuture();
    private final ApiServer api = start(Optional.empty());

    private ApiServer start(Optional<ListenerTls> tls) {
        RevokeCommand revoke = new RevokeCommand(
                revocation -> {
                    revoked.add(revocation);
                    return outcome;
                },
                InstantSource.fixed(Instant.ofEpochMilli(NOW)),
                Duration.ofDays(1));
        return RoomLogContract.await(ApiServer.start(
                vertx,
                new ApiConfig("127.0.0.1", 0, List.of(KEY, OTHER_KEY)),
                tls,
                Map.of(RevokeCommand.PATH, revoke)));
    }

    @AfterEach
    void close() {
        RoomLogContract.await(api.stop());
        RoomLogContract.await(vertx.close());
    }

    private HttpResponse<String> send(String method, String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> revoke(String body) throws Exception {
        return send("POST", "/v1/revocations", "Bearer " + KEY, body);
    }

    @Test
    void revokesAUserFromNowOnForTheUsualTime() throws Exception {
        HttpResponse<String> answer = revoke("{\"user\":\"alice\"}");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo("{\"issuedBefore\":" + NOW + ",\"soft\":false,\"until\":" + (NOW + 86_400_000) + "}\n");
        assertThat(revoked).containsExactly(new Revocation(Scope.USER, "alice", NOW, false, NOW + 86_400_000));
    }

    @Test
    void takesEveryMember() throws Exception {
        revoke("{\"token\":\"id-1\",\"issuedBefore\":5,\"soft\":true,\"keep\":1000}");
        revoke("{\"everybody\":true}");

        assertThat(revoked)
                .containsExactly(
                        new Revocation(Scope.TOKEN, "id-1", 5, true, NOW + 1_000),
                        new Revocation(Scope.EVERYBODY, "", NOW, false, NOW + 86_400_000));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | subjects=[]",
                "{\"user\":\"a\",\"token\":\"b\"} | subjects=[token, user]",
                "{\"user\":7} | user=7",
                "{\"user\":\"\"} | user=",
                "{\"everybody\":false} | everybody=false",
                "{\"user\":\"a\",\"issuedBefore\":\"x\"} | issuedBefore=x",
                "{\"user\":\"a\",\"issuedBefore\":1790000000001} | issuedBefore=1790000000001",
                "{\"user\":\"a\",\"soft\":1} | soft=1",
                "{\"user\":\"a\",\"keep\":0} | keep=0",
                "{\"user\":\"a\",\"until\":5} | until is no member",
                "[] | body cannot be read",
                "{\"user\" | body cannot be read",
                "'' | body cannot be read"
            })
    void namesWhatIsWrongWithABody(String body, String named) throws Exception {
        HttpResponse<String> answer = revoke(body);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"error\":\"" + named).contains("expected: ");
        assertThat(revoked).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer a-key-of-sixteen-byte", "Basic a-key-of-sixteen-bytes"})
    void refusesWhoHasNoKeyWhateverIsAskedFor(String authorization) throws Exception {
        for (String path : List.of("/v1/revocations", "/")) {
            HttpResponse<String> answer = send("POST", path, authorization, "{\"user\":\"alice\"}");

            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        }
        assertThat(revoked).isEmpty();
    }

    @Test
    void takesEachOfSeveralKeys() throws Exception {
        assertThat(send("POST", "/v1/revocations", "bearer " + OTHER_KEY, "{\"user\":\"a\"}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void refusesOtherPathsMethodsAndSizes() throws Exception {
        assertThat(send("POST", "/", "Bearer " + KEY, "{}").statusCode()).isEqualTo(404);
        assertThat(send("GET", "/v1/revocations", "Bearer " + KEY, "").statusCode())
                .isEqualTo(405);
        assertThat(revoke("{\"user\":\"" + "x".repeat(70_000) + "\"}").statusCode())
                .isEqualTo(413);
    }

    @Test
    void saysWhenItIsNotKnownWhetherItWasDone() throws Exception {
        outcome = Future.failedFuture("no majority");

        HttpResponse<String> answer = revoke("{\"user\":\"alice\"}");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    }

    @Test
    void answersOverTlsAloneAndTakesAChangedCertificateWithoutRestart(@TempDir Path directory) throws Exception {
        TestCa ca = new TestCa("test-ca");
        ca.issue("first").write(directory, "api");
        PemFiles files = new PemFiles(directory.resolve("api.crt"), directory.resolve("api.key"));
        ApiServer secure = start(RoomLogContract.await(ListenerTls.load(vertx, "api", Optional.of(files))));
        String address = "127.0.0.1:" + secure.port();

        HttpResponse<String> answer = over(ca, "https://" + address, "{\"user\":\"alice\"}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(subject(answer)).isEqualTo("CN=first");
        assertThatThrownBy(() -> over(ca, "http://" + address, "{\"user\":\"alice\"}"))
                .isInstanceOf(IOException.class);
        assertThat(revoked).hasSize(1);

        ca.issue("second").write(directory, "api");
        Await.until(
                () -> {
                    try {
                        return subject(over(ca, "https://" + address, "{}")).equals("CN=second");
                    } catch (Exception e) {
                        throw new AssertionError("a request failed during the change", e);
                    }
                },
                () -> "still the first certificate");
        RoomLogContract.await(secure.stop());
    }

    /** By a client of its own, so that each makes a handshake. */
    private static HttpResponse<String> over(TestCa ca, String origin, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(origin + RevokeCommand.PATH))
                .header("Authorization", "Bearer " + KEY)
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newBuilder()
                .sslContext(ca.trusting())
                .build()
                .send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static String subject(HttpResponse<String> answer) throws Exception {
        X509Certificate certificate =
                (X509Certificate) answer.sslSession().orElseThrow().getPeerCertificates()[0];
        return certificate.getSubjectX500Principal().getName();
    }
}
