package io.rejoin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.rejoin.auth.AuthResult.Accepted;
import io.rejoin.auth.AuthResult.Expired;
import io.rejoin.auth.AuthResult.Rejected;
import io.rejoin.auth.AuthResult.Revoked;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class HookAuthenticatorTest {

    private static final long NOW = 1_790_000_000_000L;
    private static final String ALICE = "{\"sub\":\"alice\"}";
    private static final String TOKEN = "a token that nobody shall read in a log";
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int FAILURES = 3;
    private static final int CONCURRENCY = 4;

    private final List<JsonObject> questions = new ArrayList<>();
    private final List<Promise<Hook.Answer>> open = new ArrayList<>();
    private final List<String> counted = new ArrayList<>();
    private final Logger log = (Logger) LoggerFactory.getLogger("io.rejoin.auth");
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private long ticks = 7;
    private final Authenticator authenticator = authenticator();

    private Authenticator authenticator() {
        HookConfig config = new HookConfig(
                URI.create("http://127.0.0.1/hook"),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(2),
                CONCURRENCY,
                FAILURES,
                PAUSE,
                List.of(),
                Grants.parse("lobby=join"));
        Hook hook = question -> {
            questions.add(new JsonObject(new String(question, StandardCharsets.UTF_8)));
            Promise<Hook.Answer> answer = Promise.promise();
            open.add(answer);
            return answer.future();
        };
        AuthMetrics metrics = new AuthMetrics() {
            @Override
            public void onHook(String result, long tookMs) {
                counted.add(result + " " + tookMs);
            }

            @Override
            public void onHookSpared(String why) {
                counted.add(why);
            }
        };
        return new HookAuthenticator(
                "n1", config, hook, () -> ticks, InstantSource.fixed(Instant.ofEpochMilli(NOW)), metrics);
    }

    @BeforeEach
    void listenToTheLog() {
        logged.start();
        log.setLevel(Level.TRACE);
        log.addAppender(logged);
    }

    @AfterEach
    void logsNothingOfATokenOrAnAnswer() {
        log.detachAppender(logged);
        log.setLevel(null);
        assertThat(logged.list)
                .noneMatch(event -> event.getFormattedMessage().contains(TOKEN)
                        || event.getFormattedMessage().contains("alice"));
    }

    private static Applicant alice() {
        return Applicant.showing(TOKEN);
    }

    private static Applicant refreshingAlice() {
        return new Applicant(TOKEN, null, null, Map.of(), new UserId("alice"));
    }

    private Future<AuthResult> answered(int status, String body) {
        Future<AuthResult> result = authenticator.authenticate(alice());
        answer(status, body);
        return result;
    }

    private void answer(int status, String body) {
        open.remove(0).complete(new Hook.Answer(status, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8))));
    }

    private Future<AuthResult> failed() {
        Future<AuthResult> result = authenticator.authenticate(alice());
        open.remove(0).fail("connection refused");
        return result;
    }

    private static Principal accepted(Future<AuthResult> result) {
        assertThat(result.result()).isInstanceOf(Accepted.class);
        return ((Accepted) result.result()).principal();
    }

    @Test
    void acceptsWhomTheHookNamesWithWhatItGrants() {
        Principal principal = accepted(answered(200, """
                {"sub": "alice", "iat": 1789999000, "exp": 1790000600, "jti": "id-1", "rejoin": {
                  "grants": [{"room": "chat/*", "actions": ["join", "publish"]}],
                  "limits": {"rooms": 3, "inflight": 4}, "info": {"name": "Alice"}}, "else": [1]}
                """));

        assertThat(principal)
                .isEqualTo(new Principal(
                        new UserId("alice"),
                        "{\"name\":\"Alice\"}",
                        Grants.parse("chat/*=join+publish"),
                        new TokenLimits(3, 4),
                        new TokenFacts("id-1", 1_789_999_000_000L, 1_790_000_600_000L)));
    }

    @Test
    void letsAUserWithoutAnEndInWithTheDefaultGrantsFromNowOn() {
        Principal principal = accepted(answered(200, ALICE));

        assertThat(principal.grants()).isEqualTo(Grants.parse("lobby=join"));
        assertThat(principal.token()).isEqualTo(new TokenFacts(null, NOW, TokenFacts.NEVER));
    }

    @Test
    void refusesWhomARevocationMeansThatCameWhileTheHookWasAsked() {
        Revocation revocation = new Revocation(Scope.USER, "alice", NOW + 1, false, NOW + 1_000);
        Future<AuthResult> result = authenticator
                .refusing(() -> new RevocationList(List.of(revocation)))
                .authenticate(alice());
        answer(200, ALICE);

        assertThat(result.result()).isInstanceOf(Revoked.class);
    }

    @Test
    void tellsTheHookWhatTheClientShows() {
        authenticator.authenticate(
                Applicant.saying(null, "app 1.2", new Upgrade(TOKEN, "192.0.2.1", Map.of("cookie", "a=\"b\"; c=<d>"))));
        authenticator.authenticate(refreshingAlice());
        authenticator.authenticate(Applicant.showing(null));

        assertThat(questions)
                .containsExactly(
                        new JsonObject()
                                .put("reason", "hello")
                                .put("token", TOKEN)
                                .put("client", "app 1.2")
                                .put("address", "192.0.2.1")
                                .put("headers", new JsonObject().put("cookie", "a=\"b\"; c=<d>"))
                                .put("node", "n1"),
                        new JsonObject()
                                .put("reason", "refresh")
                                .put("token", TOKEN)
                                .put("user", "alice")
                                .put("node", "n1"),
                        new JsonObject().put("reason", "hello").put("node", "n1"));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void refusesByStatus(int status) {
        assertThat(answered(status, "<html>").result()).isInstanceOf(Rejected.class);
    }

    @Test
    void refusesByTheNameOfACloseCode() {
        assertThat(answered(200, "{\"refuse\":\"unauthenticated\"}").result()).isInstanceOf(Rejected.class);
        assertThat(answered(200, "{\"refuse\":\"token-expired\"}").result()).isInstanceOf(Expired.class);
        assertThat(answered(200, "{\"refuse\":\"revoked\",\"sub\":\"alice\"}").result())
                .isInstanceOf(Revoked.class);
        assertThat(answered(200, "{\"sub\":\"alice\",\"exp\":1790000000}").result())
                .isInstanceOf(Expired.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>alice</html>",
                "null",
                "[]",
                "{",
                "{}",
                "{\"sub\":\"\"}",
                "{\"sub\":7}",
                "{\"sub\":\"alice\",\"exp\":\"soon\"}",
                "{\"sub\":\"alice\",\"exp\":1e300}",
                "{\"sub\":\"alice\",\"rejoin\":[]}",
                "{\"sub\":\"alice\",\"rejoin\":{\"grants\":[{\"room\":\"chat\",\"actions\":[\"joim\"]}]}}",
                "{\"refuse\":\"because\"}",
                "{\"refuse\":null,\"sub\":\"alice\"}"
            })
    void doesNotKnowWhatAnAnswerMeansThatMakesNoSense(String body) {
        for (int i = 0; i <= FAILURES; i++) {
            assertThat(answered(200, body).failed()).as("answer %s", body).isTrue();
        }

        assertThat(accepted(answered(200, ALICE)).user()).isEqualTo(new UserId("alice"));
        assertThat(counted).containsOnly("unusable 0", "accepted 0");
    }

    @Test
    void doesNotTakeWhatIsNoUtf8() {
        Future<AuthResult> result = authenticator.authenticate(alice());
        open.remove(0)
                .complete(
                        new Hook.Answer(200, ByteBuffer.wrap("{\"sub\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1))));

        assertThat(result.failed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 204, 302, 400, 404, 429, 500, 503})
    void doesNotKnowWhenTheStatusSaysNothingOfTheClient(int status) {
        assertThat(answered(status, ALICE).failed()).isTrue();
        assertThat(counted).containsExactly("failed 0");
    }

    @Test
    void refusesAHugeTokenWithoutAsking() {
        assertThat(authenticator
                        .authenticate(Applicant.showing("x".repeat(Applicant.MAX_TOKEN + 1)))
                        .result())
                .isInstanceOf(Rejected.class);
        assertThat(questions).isEmpty();
    }

    @Test
    void leavesTheHookAloneAfterFailuresInARowAndComesBackByOneQuestion() {
        for (int i = 0; i < FAILURES; i++) {
            failed();
        }
        assertThat(authenticator.authenticate(alice()).failed()).isTrue();
        assertThat(questions).hasSize(FAILURES);

        ticks += PAUSE.toMillis() + 1;
        Future<AuthResult> trial = authenticator.authenticate(alice());
        assertThat(authenticator.authenticate(alice()).failed()).isTrue();
        assertThat(questions).hasSize(FAILURES + 1);
        answer(200, ALICE);

        assertThat(trial.result()).isInstanceOf(Accepted.class);
        assertThat(answered(200, ALICE).result()).isInstanceOf(Accepted.class);
        assertThat(counted)
                .containsExactly("failed 0", "failed 0", "failed 0", "paused", "paused", "accepted 0", "accepted 0");
        assertThat(logged.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.contains("since it failed 3 times in a row"))
                .contains("hook answers again");
    }

    @Test
    void pausesAgainWhenTheTrialFails() {
        for (int i = 0; i < FAILURES; i++) {
            failed();
        }
        ticks += PAUSE.toMillis() + 1;
        failed();
        authenticator.authenticate(alice());
        assertThat(questions).hasSize(FAILURES + 1);

        ticks += PAUSE.toMillis() + 1;
        assertThat(answered(403, "").result()).isInstanceOf(Rejected.class);
        assertThat(answered(200, ALICE).result()).isInstanceOf(Accepted.class);
    }

    @Test
    void goesOnAskingWhileFailuresAreNotInARow() {
        for (int i = 0; i < 5 * FAILURES; i++) {
            failed();
            failed();
            answered(403, "");
        }

        assertThat(counted).doesNotContain("paused");
    }

    @Test
    void asksNoMoreAtOnceThanItMay() {
        for (int i = 0; i < CONCURRENCY; i++) {
            assertThat(authenticator.authenticate(alice()).isComplete()).isFalse();
        }
        assertThat(authenticator.authenticate(alice()).failed()).isTrue();
        assertThat(counted).containsExactly("busy");

        answer(403, "");

        assertThat(authenticator.authenticate(alice()).isComplete()).isFalse();
        assertThat(questions).hasSize(CONCURRENCY + 1);
    }

    @Test
    void keepsPlacesForHellosWhenClientsRefresh() {
        for (int i = 0; i < CONCURRENCY; i++) {
            authenticator.authenticate(refreshingAlice());
        }
        assertThat(questions).hasSize(CONCURRENCY / 2);

        assertThat(authenticator.authenticate(alice()).isComplete()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "9999, 1", "10000, 2"})
    void complainsAboutFailuresAtABoundedRate(long laterMs, int complaints) {
        failed();
        answered(403, "");
        ticks += laterMs;
        answered(500, "");

        assertThat(logged.list)
                .filteredOn(event -> event.getFormattedMessage().startsWith("hook is of no use"))
                .hasSize(complaints);
    }

    @Test
    void countsHowLongTheHookTook() {
        Future<AuthResult> result = authenticator.authenticate(alice());
        ticks += 250;
        answer(200, ALICE);

        assertThat(result.succeeded()).isTrue();
        assertThat(counted).containsExactly("accepted 250");
    }
}
