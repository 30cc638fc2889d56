package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A node whose clients a small server of the test decides about: by the token, which names what it answers. */
final class HookProtocolIT {

    private static final String KEY = "the-key-of-the-node-for-the-hook";
    private static final String API_KEY = "the-key-of-backends-for-the-api";
    private static final String COOKIE = "sid=a-cookie-that-no-log-shows";
    private static final String ORIGIN = "https://app.example.org";
    private static final String SECRET_PART = "-and-the-rest-that-no-log-shows";
    private static final int CONCURRENCY = 4;
    private static final int FAILURES = 3;
    private static final Pattern RETRY_AFTER = Pattern.compile(".*retry-after=(\\d+).*");

    private final Vertx vertx = Vertx.vertx();
    private final List<JsonObject> questions = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();
    private final Queue<HttpServerRequest> held = new ConcurrentLinkedQueue<>();
    private final Recorder log = new Recorder();
    private final Logger root = (Logger) LoggerFactory.getLogger("io.rejoin");
    private final HttpServer hook = RoomLogContract.await(
            vertx.createHttpServer().requestHandler(this::onQuestion).listen(0, "127.0.0.1"));
    private final TestCluster cluster = TestCluster.of(1)
            .with("REJOIN_AUTH_MODE", "hook")
            .with("REJOIN_AUTH_HOOK_URL", "http://127.0.0.1:" + hook.actualPort() + "/connect")
            .with("REJOIN_AUTH_HOOK_KEY", KEY)
            .with("REJOIN_AUTH_HOOK_HEADERS", "Cookie, X-Absent")
            .with("REJOIN_AUTH_HOOK_TIMEOUT", "1s")
            .with("REJOIN_AUTH_HOOK_CONCURRENCY", Integer.toString(CONCURRENCY))
            .with("REJOIN_AUTH_HOOK_FAILURES", Integer.toString(FAILURES))
            .with("REJOIN_AUTH_HOOK_PAUSE", "300ms")
            .with("REJOIN_CLIENT_ORIGINS", ORIGIN)
            .with("REJOIN_API_KEY", API_KEY);

    /** What everything of Rejoin logs, down to the least. */
    private static final class Recorder extends AppenderBase<ILoggingEvent> {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage() + " "
                    + (event.getThrowableProxy() == null
                            ? ""
                            : event.getThrowableProxy().getMessage()));
        }
    }

    @BeforeEach
    void start() {
        log.start();
        root.setLevel(Level.TRACE);
        root.addAppender(log);
        cluster.start();
    }

    @AfterEach
    void stopAndFindNoSecretInTheLog() {
        cluster.close();
        RoomLogContract.await(vertx.close());
        root.detachAppender(log);
        root.setLevel(null);
        assertThat(log.lines)
                .isNotEmpty()
                .noneMatch(line -> line.contains(KEY) || line.contains(SECRET_PART) || line.contains(COOKIE));
    }

    private void onQuestion(HttpServerRequest request) {
        request.body().onSuccess(body -> {
            JsonObject question = body.toJsonObject();
            questions.add(question);
            keys.add(String.valueOf(request.getHeader("Authorization")));
            String token = question.getString("token", "none").replace(SECRET_PART, "");
            switch (token) {
                case "hold" -> held.add(request);
                case "garbage" -> request.response().end("<html>" + SECRET_PART + "</html>");
                case "oversized" -> request.response().end("x".repeat(128 << 10));
                case "expired" -> request.response().end("{\"refuse\":\"token-expired\"}");
                case "revoked" -> request.response().end("{\"refuse\":\"revoked\"}");
                default -> {
                    if (token.matches("\\d{3}")) {
                        request.response()
                                .setStatusCode(Integer.parseInt(token))
                                .end(SECRET_PART);
                    } else {
                        request.response().end(claims(token).encode());
                    }
                }
            }
        });
    }

    private static JsonObject claims(String user) {
        JsonObject grant = new JsonObject()
                .put("room", user + "/*")
                .put("actions", new JsonArray().add("join").add("publish"));
        JsonObject claims = new JsonObject()
                .put("sub", user)
                .put("rejoin", new JsonObject().put("grants", new JsonArray().add(grant)));
        return user.equals("forever") ? claims : claims.put("exp", System.currentTimeMillis() / 1_000 + 600);
    }

    private static String hello(String token) {
        return new JsonObject()
                .put("type", "hello")
                .put("token", token + SECRET_PART)
                .put("client", new JsonObject().put("name", "app").put("version", "1.2"))
                .encode();
    }

    private TestClient connect() {
        return cluster.connect(0, "Cookie", COOKIE, "Origin", ORIGIN);
    }

    private TestClient say(String token) {
        TestClient client = connect();
        client.send(hello(token));
        return client;
    }

    private TestClient welcomed(String token) {
        TestClient client = connect();
        client.hello(hello(token));
        return client;
    }

    private int closeOf(String token) {
        return say(token).awaitClose();
    }

    private long counted(String sample) {
        return cluster.metric(0, sample);
    }

    private long results(String result) {
        return counted("rejoin_hook_seconds_count{result=\"" + result + "\"}");
    }

    private static JsonObject join(int ref, String room) {
        return new JsonObject().put("type", "join").put("ref", ref).put("room", room);
    }

    private static String refresh(int ref, String token) {
        return new JsonObject()
                .put("type", "refresh")
                .put("ref", ref)
                .put("token", token + SECRET_PART)
                .encode();
    }

    @Test
    @Spec({"GR-2", "SE-14"})
    void letsInWhomTheHookNamesIntoTheRoomsThatItGrants() {
        TestClient client = connect();
        JsonObject welcome = client.hello(hello("alice"));

        assertThat(welcome.getLong("refreshAfter")).isBetween(300_000L, 510_000L);
        assertThat(client.ask(1, join(1, "alice/a").encode()).getString("type")).isEqualTo("joined");
        assertThat(client.ask(2, join(2, "bob/a").encode()).getString("code")).isEqualTo("forbidden");
        client.send("{\"type\":\"publish\",\"ref\":3,\"room\":\"alice/a\",\"number\":1,\"data\":1}");
        assertThat(client.await("publication").getString("from")).isEqualTo("alice");
        assertThat(questions)
                .containsExactly(new JsonObject()
                        .put("reason", "hello")
                        .put("token", "alice" + SECRET_PART)
                        .put("client", "app 1.2")
                        .put("address", "127.0.0.1")
                        .put("headers", new JsonObject().put("cookie", COOKIE))
                        .put("node", "n0"));
        assertThat(keys).containsExactly("Bearer " + KEY);
        assertThat(results("accepted")).isEqualTo(1);
    }

    @Test
    @Spec("SE-14")
    void neverAsksForARefreshWhenTheHookNamesNoEnd() {
        assertThat(connect().hello(hello("forever")).containsKey("refreshAfter"))
                .isFalse();
    }

    @Test
    @Spec("HS-15")
    void closesByWhyTheHookRefuses() {
        assertThat(closeOf("401")).isEqualTo(4501);
        assertThat(closeOf("403")).isEqualTo(4501);
        assertThat(closeOf("expired")).isEqualTo(4003);
        assertThat(closeOf("revoked")).isEqualTo(4505);
        assertThat(results("refused")).isEqualTo(4);
    }

    @Test
    @Spec("HS-15")
    void tellsClientsToComeAgainWhenTheAnswerIsNotKnown() {
        for (String token : List.of("500", "garbage", "404", "oversized", "alice", "hold")) {
            if (token.equals("alice")) {
                welcomed(token);
                continue;
            }
            TestClient client = say(token);
            assertThat(client.awaitClose()).as("close after %s", token).isEqualTo(4004);
            Matcher retryAfter = RETRY_AFTER.matcher(String.valueOf(client.closeReason()));
            assertThat(retryAfter.matches())
                    .as("reason %s", client.closeReason())
                    .isTrue();
            assertThat(Long.parseLong(retryAfter.group(1))).isBetween(1L, 30_000L);
        }
        assertThat(results("failed")).isEqualTo(4);
        assertThat(results("unusable")).isEqualTo(1);
        assertThat(counted("rejoin_hello_seconds_count{outcome=\"unavailable\"}"))
                .isEqualTo(5);
    }

    @Test
    @Spec("HS-17")
    void asksNothingForPagesOfOthersThatComeWithTheCookiesOfAUser() {
        TestClient client = cluster.connect(0, "Cookie", COOKIE, "Origin", "https://evil.example.org");

        assertThat(client.awaitClose()).isEqualTo(4502);
        assertThat(questions).isEmpty();
    }

    @Test
    void leavesAHookAloneThatFailsAndComesBackWhenItIsUp() {
        for (int i = 0; i < FAILURES; i++) {
            assertThat(closeOf("500")).isEqualTo(4004);
        }
        // On a slow machine the pause may be over before the next client has come.
        do {
            assertThat(closeOf("503")).isEqualTo(4004);
        } while (counted("rejoin_hook_spared_total{why=\"paused\"}") == 0);

        boolean back;
        do {
            TestClient client = say("alice");
            Await.until(() -> !client.isOpen() || !client.frames().isEmpty(), () -> "neither welcome nor close");
            back = client.isOpen();
        } while (!back);
        welcomed("alice");
    }

    @Test
    void turnsFurtherClientsAwayAtOnceWhileAsManyQuestionsAsMayBeAreOpen() {
        for (int i = 0; i < CONCURRENCY; i++) {
            say("hold");
        }
        Await.until(() -> held.size() == CONCURRENCY, () -> "held=" + held.size());

        assertThat(closeOf("alice")).isEqualTo(4004);
        assertThat(counted("rejoin_hook_spared_total{why=\"busy\"}")).isEqualTo(1);
        assertThat(questions).hasSize(CONCURRENCY);
    }

    @Test
    @Spec("SE-13")
    void goesOnByAFreshAnswerButNotAsAnotherUser() {
        TestClient client = welcomed("alice");

        JsonObject asAnother = client.ask(1, refresh(1, "bob"));
        JsonObject refused = client.ask(2, refresh(2, "403"));
        JsonObject unknown = client.ask(3, refresh(3, "500"));
        JsonObject refreshed = client.ask(4, refresh(4, "alice"));

        assertThat(asAnother.getString("code")).isEqualTo("forbidden");
        assertThat(refused.getString("code")).isEqualTo("forbidden");
        assertThat(unknown.getString("code")).isEqualTo("unavailable");
        assertThat(refreshed.getLong("refreshAfter")).isBetween(300_000L, 510_000L);
        assertThat(client.isOpen()).isTrue();
        assertThat(questions.get(questions.size() - 1))
                .isEqualTo(new JsonObject()
                        .put("reason", "refresh")
                        .put("token", "alice" + SECRET_PART)
                        .put("user", "alice")
                        .put("address", "127.0.0.1")
                        .put("node", "n0"));
    }

    @Test
    void closesAUserWhoIsRevokedAndAsksTheHookAboutOthers() throws IOException, InterruptedException {
        TestClient alice = welcomed("forever");
        TestClient bob = welcomed("bob");

        HttpResponse<String> revoked = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://127.0.0.1:" + cluster.node(0).apiPort() + "/v1/revocations"))
                                .header("Authorization", "Bearer " + API_KEY)
                                .POST(HttpRequest.BodyPublishers.ofString("{\"user\":\"forever\"}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());

        assertThat(revoked.statusCode()).isEqualTo(200);
        assertThat(alice.awaitClose()).isEqualTo(4505);
        assertThat(bob.isOpen()).isTrue();
    }

    @Test
    @Spec("SE-5")
    void givesASessionToTheUserWhoseItIsAndToNobodyElse() {
        JsonObject session = connect().hello(hello("alice")).getJsonObject("session");
        JsonObject claim =
                new JsonObject().put("id", session.getString("id")).put("secret", session.getString("secret"));

        JsonObject bobs = connect()
                .hello(new JsonObject(hello("bob")).put("session", claim).encode())
                .getJsonObject("session");
        JsonObject alices = connect()
                .hello(new JsonObject(hello("alice"))
                        .put("session", claim.copy().put("attempt", 2))
                        .encode())
                .getJsonObject("session");

        assertThat(bobs.getString("id")).isNotEqualTo(session.getString("id"));
        assertThat(alices.getString("id")).isEqualTo(session.getString("id"));
        assertThat(alices.getBoolean("resumed")).isTrue();
    }
}
