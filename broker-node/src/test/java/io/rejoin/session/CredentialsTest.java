package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.auth.AuthResult;
import io.rejoin.auth.Authenticator;
import io.rejoin.auth.Grants;
import io.rejoin.auth.Principal;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.auth.Revocation;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.auth.RevocationList;
import io.rejoin.flow.Admission;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.Limits;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomConfig;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedConnection;
import io.rejoin.testing.Spec;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CredentialsTest {

    private static final LogLimits LIMITS =
            new LogLimits(100, 1 << 20, 3_600_000, 16, 16 << 10, 8, 240_000, 10_000, 600_000);
    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final Duration MARGIN = Duration.ofSeconds(20);
    private static final Duration MOMENT = Duration.ofMillis(200);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final Map<String, Future<AuthResult>> tokens = new HashMap<>();
    private RevocationList revocations = RevocationList.EMPTY;
    private final SessionRegistry sessions = sessions();

    private SessionRegistry sessions() {
        Authenticator authenticator = applicant -> tokens.getOrDefault(
                String.valueOf(applicant.token()), Future.succeededFuture(new AuthResult.Rejected("unknown")));
        return TestSessions.over(
                scheduler,
                new InMemoryRoomLog(LIMITS, scheduler::millis),
                RoomConfig.withLog(LIMITS),
                TestSessions.config(new Limits(65_536, 3, 8), InboundLimits.NONE, Duration.ZERO),
                new Authentication(
                        authenticator.refusing(() -> revocations), () -> revocations, scheduler, GRACE, MARGIN),
                new TestSessions.EverybodysDirectory(),
                Admission.Limits.USUAL,
                SessionMetrics.NONE);
    }

    private Principal principal(String user, String grants) {
        long now = scheduler.millis();
        return new Principal(
                new UserId(user),
                null,
                Grants.parse(grants),
                TokenLimits.NONE,
                new TokenFacts("id", now, now + LIFE.toMillis()));
    }

    private void issue(String token, Principal principal) {
        tokens.put(token, Future.succeededFuture(new AuthResult.Accepted(principal)));
    }

    private ScriptedConnection hello(String token) {
        ScriptedConnection connection = new ScriptedConnection(scheduler, sessions);
        connection.receive("{\"type\":\"hello\",\"token\":\"" + token + "\"}");
        return connection;
    }

    private ScriptedConnection welcomed(String token) {
        ScriptedConnection connection = hello(token);
        assertThat(connection.frames("welcome")).hasSize(1);
        return connection;
    }

    private JsonObject ask(ScriptedConnection connection, String request) {
        int before = connection.frames().size();
        connection.receive(request);
        scheduler.advance(MOMENT);
        assertThat(connection.frames().size()).as("answers to %s", request).isGreaterThan(before);
        return connection.frames().get(before);
    }

    private JsonObject refresh(ScriptedConnection connection, String token) {
        return ask(connection, "{\"type\":\"refresh\",\"ref\":1,\"token\":\"" + token + "\"}");
    }

    private static long refreshAfter(ScriptedConnection connection) {
        return connection.frames("welcome").get(0).getLong("refreshAfter");
    }

    @Test
    @Spec("HS-15")
    void closesByWhatBecameOfTheToken() {
        tokens.put("old", Future.succeededFuture(new AuthResult.Expired()));
        tokens.put("unclear", Future.failedFuture("keys are not there"));

        assertThat(hello("bad").closed()).isEqualTo(CloseCode.UNAUTHENTICATED);
        assertThat(hello("old").closed()).isEqualTo(CloseCode.TOKEN_EXPIRED);
        assertThat(hello("unclear").closed()).isEqualTo(CloseCode.OVERLOADED);
    }

    @Test
    @Spec("HS-15")
    void tellsEachClientThatCannotBeAnsweredNowATimeOfItsOwn() {
        tokens.put("unclear", Future.failedFuture("the hook is down"));
        Set<Long> times = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            times.add(hello("unclear").retryAfterMs());
        }

        assertThat(times).hasSizeGreaterThan(45).allMatch(time -> time > 0);
    }

    @Test
    @Spec({"SE-13", "SE-14"})
    void letsAUserWithoutAnEndStayAndNamesNoTimeToRefresh() {
        issue(
                "t",
                new Principal(
                        new UserId("alice"),
                        null,
                        Grants.ALL,
                        TokenLimits.NONE,
                        new TokenFacts(null, scheduler.millis(), TokenFacts.NEVER)));
        ScriptedConnection connection = welcomed("t");

        scheduler.advance(Duration.ofDays(3));

        assertThat(connection.frames("welcome").get(0).containsKey("refreshAfter"))
                .isFalse();
        assertThat(connection.closed()).isNull();
        assertThat(refresh(connection, "t").getString("type")).isEqualTo("refreshed");
    }

    @Test
    @Spec("SE-13")
    void closesWhenTheGraceBehindTheExpiryIsOverAndNotBefore() {
        issue("t", principal("alice", "*=all"));
        ScriptedConnection connection = welcomed("t");

        scheduler.advance(LIFE.plus(GRACE).minusMillis(1));
        assertThat(connection.closed()).isNull();
        scheduler.advance(Duration.ofMillis(1));

        assertThat(connection.closed()).isEqualTo(CloseCode.TOKEN_EXPIRED);
    }

    @Test
    @Spec("SE-14")
    void tellsEachClientToRefreshAtATimeOfItsOwnWellBeforeTheExpiry() {
        issue("t", principal("alice", "*=all"));
        Set<Long> times = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            times.add(refreshAfter(welcomed("t")));
        }

        assertThat(times).hasSizeGreaterThan(45);
        assertThat(times).allMatch(time -> time >= 360_000 && time <= 510_000);
    }

    @Test
    @Spec({"SE-13", "SE-14"})
    void goesOnWithTheNewTokenOfARefresh() {
        issue("t1", principal("alice", "*=all"));
        ScriptedConnection connection = welcomed("t1");
        scheduler.advance(LIFE.minusMinutes(1));
        issue("t2", principal("alice", "*=all"));

        JsonObject refreshed = refresh(connection, "t2");
        scheduler.advance(LIFE.minusMinutes(1));

        assertThat(refreshed.getString("type")).isEqualTo("refreshed");
        assertThat(refreshed.getInteger("ref")).isEqualTo(1);
        assertThat(refreshed.getLong("refreshAfter")).isBetween(360_000L, 510_000L);
        assertThat(connection.closed()).isNull();
    }

    @Test
    @Spec("SE-13")
    void refusesTheTokenOfAnotherUserAndKeepsTheOldOne() {
        issue("alice", principal("alice", "r=publish"));
        ScriptedConnection connection = welcomed("alice");
        scheduler.advance(Duration.ofMinutes(5));
        issue("bob", principal("bob", "*=all"));

        JsonObject refused = refresh(connection, "bob");
        JsonObject join = ask(connection, "{\"type\":\"join\",\"ref\":2,\"room\":\"r\"}");
        scheduler.advance(Duration.ofMinutes(5).plus(GRACE));

        assertThat(refused.getString("code")).isEqualTo("forbidden");
        assertThat(refused.getString("message")).doesNotContain("alice", "bob");
        assertThat(join.getString("code")).isEqualTo("forbidden");
        assertThat(connection.closed()).isEqualTo(CloseCode.TOKEN_EXPIRED);
    }

    @Test
    @Spec("SE-13")
    void answersRefreshesWithTokensThatAreNotGoodAndKeepsTheOldOne() {
        issue("t", principal("alice", "*=all"));
        tokens.put("old", Future.succeededFuture(new AuthResult.Expired()));
        tokens.put("unclear", Future.failedFuture("keys are not there"));
        ScriptedConnection connection = welcomed("t");

        assertThat(refresh(connection, "bad").getString("code")).isEqualTo("forbidden");
        assertThat(refresh(connection, "old").getString("code")).isEqualTo("forbidden");
        assertThat(refresh(connection, "unclear").getString("code")).isEqualTo("unavailable");
        assertThat(refresh(connection, "t").getString("type")).isEqualTo("refreshed");
        assertThat(connection.closed()).isNull();
    }

    @Test
    void checksOneRefreshAtATime() {
        issue("t", principal("alice", "*=all"));
        Promise<AuthResult> checking = Promise.promise();
        tokens.put("slow", checking.future());
        ScriptedConnection connection = welcomed("t");
        connection.receive("{\"type\":\"refresh\",\"ref\":1,\"token\":\"slow\"}");

        JsonObject second = refresh(connection, "t");
        checking.complete(new AuthResult.Accepted(principal("alice", "*=all")));
        scheduler.advance(MOMENT);

        assertThat(second.getString("code")).isEqualTo("rate-limited");
        assertThat(connection.frames("refreshed")).hasSize(1);
    }

    @Test
    @Spec({"GR-1", "ER-1"})
    void forbidsWhatTheTokenDoesNotGrant() {
        issue("t", principal("alice", "read=join+history, write=publish"));
        ScriptedConnection connection = welcomed("t");

        for (String granted : List.of(
                "{\"type\":\"join\",\"ref\":1,\"room\":\"read\"}",
                "{\"type\":\"history\",\"ref\":1,\"room\":\"read\"}",
                "{\"type\":\"publish\",\"ref\":1,\"room\":\"write\",\"number\":1,\"data\":1}")) {
            assertThat(ask(connection, granted).getString("type")).as(granted).isNotEqualTo("error");
        }
        for (String refused : List.of(
                "{\"type\":\"join\",\"ref\":1,\"room\":\"write\"}",
                "{\"type\":\"history\",\"ref\":1,\"room\":\"write\"}",
                "{\"type\":\"publish\",\"ref\":1,\"room\":\"read\",\"number\":1,\"data\":1}",
                "{\"type\":\"publish\",\"ref\":1,\"room\":\"read\",\"number\":1,\"skip\":true}",
                "{\"type\":\"publish\",\"ref\":1,\"room\":\"read\",\"class\":\"ephemeral\",\"data\":1}")) {
            JsonObject answer = ask(connection, refused);
            assertThat(answer.getString("code")).as(refused).isEqualTo("forbidden");
            assertThat(answer.getInteger("ref")).isEqualTo(1);
        }
    }

    @Test
    @Spec("GR-1")
    void welcomesWithoutTheRoomsThatTheTokenDoesNotGrant() {
        issue("t", principal("alice", "read=join"));
        ScriptedConnection connection = new ScriptedConnection(scheduler, sessions);
        connection.receive("{\"type\":\"hello\",\"token\":\"t\",\"rooms\":[{\"room\":\"other\"},{\"room\":\"read\"}]}");
        scheduler.advance(MOMENT);

        JsonObject welcome = connection.frames("welcome").get(0);

        assertThat(welcome.getJsonArray("rooms")
                        .getJsonObject(0)
                        .getJsonObject("error")
                        .getString("code"))
                .isEqualTo("forbidden");
        assertThat(welcome.getJsonArray("rooms").getJsonObject(1).getString("outcome"))
                .isEqualTo("live");
    }

    @Test
    @Spec("GR-2")
    void endsMembershipsThatTheNewTokenDoesNotGrant() {
        issue("t1", principal("alice", "*=all"));
        issue("t2", principal("alice", "kept=all"));
        ScriptedConnection connection = welcomed("t1");
        ask(connection, "{\"type\":\"join\",\"ref\":1,\"room\":\"kept\"}");
        ask(connection, "{\"type\":\"join\",\"ref\":2,\"room\":\"lost\"}");

        refresh(connection, "t2");
        JsonObject again = ask(connection, "{\"type\":\"join\",\"ref\":3,\"room\":\"lost\"}");
        JsonObject kept = ask(connection, "{\"type\":\"join\",\"ref\":4,\"room\":\"kept\"}");

        assertThat(connection.frames("left")).hasSize(1);
        JsonObject left = connection.frames("left").get(0);
        assertThat(left.getString("room")).isEqualTo("lost");
        assertThat(left.getString("code")).isEqualTo("forbidden");
        assertThat(again.getString("code")).isEqualTo("forbidden");
        assertThat(kept.getString("code")).isEqualTo("already-joined");
    }

    @Test
    @Spec("HS-14")
    void keepsToTheLowerOfTheTokensAndTheNodesLimits() {
        Principal alice = principal("alice", "*=all");
        issue("t", new Principal(alice.user(), null, alice.grants(), new TokenLimits(2, 1_000), alice.token()));
        ScriptedConnection connection = welcomed("t");
        ask(connection, "{\"type\":\"join\",\"ref\":1,\"room\":\"a\"}");
        ask(connection, "{\"type\":\"join\",\"ref\":2,\"room\":\"b\"}");

        JsonObject third = ask(connection, "{\"type\":\"join\",\"ref\":3,\"room\":\"c\"}");

        JsonObject limits = connection.frames("welcome").get(0).getJsonObject("limits");
        assertThat(limits.getInteger("rooms")).isEqualTo(2);
        assertThat(limits.getInteger("inflight")).isEqualTo(8);
        assertThat(third.getString("code")).isEqualTo("room-limit");
    }

    private void revoke(boolean soft) {
        Revocation alice = new Revocation(Scope.USER, "alice", scheduler.millis() + 1, soft, Long.MAX_VALUE);
        revocations = new RevocationList(List.of(alice));
        sessions.onRevocations();
        scheduler.runAll();
    }

    @Test
    @Spec("SE-13")
    void closesWhoIsRevokedAndLetsNobodyInWithThatToken() {
        issue("alice", principal("alice", "*=all"));
        issue("bob", principal("bob", "*=all"));
        ScriptedConnection alice = welcomed("alice");
        ScriptedConnection bob = welcomed("bob");

        revoke(false);

        assertThat(alice.closed()).isEqualTo(CloseCode.REVOKED);
        assertThat(bob.closed()).isNull();
        assertThat(hello("alice").closed()).isEqualTo(CloseCode.REVOKED);
        assertThat(refresh(bob, "bob").getString("type")).isEqualTo("refreshed");
    }

    @Test
    @Spec("SE-13")
    void sendsSoftlyRevokedClientsForANewTokenWithinTheMargin() {
        issue("old", principal("alice", "*=all"));
        ScriptedConnection connection = welcomed("old");

        revoke(true);
        boolean openAtFirst = connection.closed() == null;
        scheduler.advance(MARGIN);

        assertThat(openAtFirst).isTrue();
        assertThat(connection.closed()).isEqualTo(CloseCode.TOKEN_EXPIRED);
        assertThat(hello("old").closed()).isEqualTo(CloseCode.TOKEN_EXPIRED);
    }

    @Test
    void leavesAloneWhoRefreshedAfterASoftRevocation() {
        issue("old", principal("alice", "*=all"));
        ScriptedConnection connection = welcomed("old");
        revoke(true);
        scheduler.freeze(Duration.ofMillis(2));
        issue("new", principal("alice", "*=all"));

        connection.receive("{\"type\":\"refresh\",\"ref\":1,\"token\":\"new\"}");
        scheduler.advance(MARGIN.multipliedBy(2));

        assertThat(connection.frames("refreshed")).hasSize(1);
        assertThat(connection.closed()).isNull();
    }

    @Test
    void setsNoTimersForClosedConnections() {
        issue("t", principal("alice", "*=all"));
        ScriptedConnection connection = welcomed("t");
        connection.receive("{\"type\":\"bye\"}");
        scheduler.advance(MOMENT);

        revoke(true);
        scheduler.advance(LIFE.multipliedBy(2));

        assertThat(connection.closed()).isEqualTo(CloseCode.NORMAL);
    }
}
