package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.Admission;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.Limits;
import io.rejoin.protocol.Payload;
import io.rejoin.room.Draft;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomConfig;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedConnection;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionTest {

    private static final int INFLIGHT = 4;
    private static final LogLimits LIMITS =
            new LogLimits(100, 1 << 20, 3_600_000, 16, 16 << 10, INFLIGHT, 240_000, 10_000, 600_000);
    private static final Admission.Limits ADMISSION = new Admission.Limits(100, 4, 2, 6);
    private static final Duration LIFETIME = Duration.ofHours(4);
    private static final Duration MOMENT = Duration.ofMillis(200);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final List<Promise<SessionDirectory.Claim>> unansweredClaims = new ArrayList<>();
    private boolean claimsAreAnswered = true;
    private boolean recordsAreEnded = true;
    private final ScriptedRoomLog log = new ScriptedRoomLog(new InMemoryRoomLog(LIMITS, scheduler::millis), scheduler);
    private final ScriptedDirectory directory = new ScriptedDirectory();
    private final SessionRegistry sessions = sessions();
    private final ScriptedConnection connection = new ScriptedConnection(scheduler, sessions);

    private SessionRegistry sessions() {
        return TestSessions.over(
                scheduler,
                log,
                RoomConfig.withLog(LIMITS),
                TestSessions.config(new Limits(65_536, 3, INFLIGHT), InboundLimits.NONE, LIFETIME),
                Authentication.anonymous(scheduler),
                directory,
                ADMISSION,
                SessionMetrics.NONE);
    }

    @Spec("FL-9")
    @Test
    void refusesTheConnectionsBeyondTheRateBeforeTheySayAnything() {
        for (int i = 1; i < ADMISSION.arrivals(); i++) {
            assertThat(new ScriptedConnection(scheduler, sessions).closed()).isNull();
        }

        ScriptedConnection late = new ScriptedConnection(scheduler, sessions);
        scheduler.runAll();

        assertThat(late.closed()).isEqualTo(CloseCode.OVERLOADED);
        assertThat(late.retryAfterMs()).isPositive();
    }

    @Spec("FL-9")
    @Test
    void refusesConnectionsBeyondThoseItMayServeUntilOneHasEnded() {
        List<ScriptedConnection> open = new ArrayList<>();
        for (int i = 1; i < ADMISSION.connections(); i++) {
            scheduler.advance(Duration.ofSeconds(1));
            open.add(new ScriptedConnection(scheduler, sessions));
        }
        scheduler.advance(Duration.ofSeconds(1));

        ScriptedConnection beyond = new ScriptedConnection(scheduler, sessions);
        scheduler.runAll();
        open.get(0).close(CloseCode.NORMAL, 0);
        scheduler.runAll();
        ScriptedConnection next = new ScriptedConnection(scheduler, sessions);
        scheduler.runAll();

        assertThat(open.get(1).closed()).isNull();
        assertThat(beyond.closed()).isEqualTo(CloseCode.OVERLOADED);
        assertThat(beyond.retryAfterMs()).isPositive();
        assertThat(next.closed()).isNull();
    }

    @Spec("FL-9")
    @Test
    void refusesAHelloBeyondThoseThatAreBeingAnswered() {
        claimsAreAnswered = false;
        ScriptedConnection second = new ScriptedConnection(scheduler, sessions);
        ScriptedConnection third = new ScriptedConnection(scheduler, sessions);
        connection.receive("{\"type\":\"hello\"}");
        second.receive("{\"type\":\"hello\"}");

        third.receive("{\"type\":\"hello\",\"session\":{\"id\":\"s\",\"secret\":\"x\"}}");

        assertThat(third.closed()).isEqualTo(CloseCode.OVERLOADED);
        assertThat(connection.closed()).isNull();
        assertThat(second.closed()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "5000, 5000",
        "45000, 45000",
        "60000, 60000",
        "4999, 5000",
        "1, 5000",
        "60001, 60000",
        "9007199254740991, 60000"
    })
    @Spec("FL-13")
    void grantsAnIntervalWithinTheBounds(long wish, long granted) {
        connection.receive("{\"type\":\"hello\",\"heartbeat\":{\"interval\":" + wish + "}}");

        assertThat(connection.frames("welcome"))
                .singleElement()
                .satisfies(welcome -> assertThat(welcome.getJsonObject("heartbeat"))
                        .isEqualTo(new JsonObject().put("interval", granted).put("timeout", 10_000L)));
        assertThat(connection.pingInterval()).isEqualTo(Duration.ofMillis(granted));
    }

    @Test
    @Spec("FL-13")
    void pingsAClientWithoutAWishAtTheNodesOwnInterval() {
        connection.receive("{\"type\":\"hello\"}");

        assertThat(connection.pingInterval()).isEqualTo(Duration.ofSeconds(20));
    }

    @Spec("CL-8")
    @Test
    void tellsAClientToGoBeforeItsConnectionGetsTooOldAndThenClosesIt() {
        connection.receive("{\"type\":\"hello\"}");
        scheduler.advance(MOMENT);
        long begin = scheduler.millis();

        Duration step = Duration.ofSeconds(1);
        while (connection.frames("goaway").isEmpty() && scheduler.millis() - begin < LIFETIME.toMillis()) {
            scheduler.advance(step);
        }

        JsonObject told = connection.frames("goaway").get(0);
        long deadline = told.getLong("deadline");
        assertThat(deadline).isEqualTo(30_000);
        assertThat(told.getLong("after")).isBetween(0L, deadline / 2);
        assertThat(told.getString("reason")).isEqualTo("max-lifetime");
        assertThat(scheduler.millis() - begin).isGreaterThan(LIFETIME.toMillis() * 3 / 4 - deadline - 1);
        scheduler.advance(Duration.ofMillis(deadline).minus(step));
        assertThat(connection.closed()).isNull();
        scheduler.advance(step);
        assertThat(connection.closed()).isEqualTo(CloseCode.RESTART);
        assertThat(scheduler.millis() - begin).isLessThanOrEqualTo(LIFETIME.toMillis());
    }

    /** Gives every session to whoever asks, a turn of the loop later, or keeps silent. */
    private final class ScriptedDirectory extends TestSessions.EverybodysDirectory {

        private final List<Holder> noted = new ArrayList<>();
        private int slowCloses;
        private boolean isStuck;

        @Override
        public Future<Claim> claim(
                SessionId session, @Nullable UserId user, NodeId node, long connection, long attempt) {
            Promise<Claim> claim = Promise.promise();
            if (!claimsAreAnswered) {
                unansweredClaims.add(claim);
                return claim.future();
            }
            scheduler
                    .current()
                    .execute(() ->
                            claim.complete(new Claim.Owned(Math.max(1, attempt), false, Optional.empty(), slowCloses)));
            return claim.future();
        }

        @Override
        public Future<Claim> touch(SessionId session, @Nullable UserId user, Holder holder) {
            return Future.succeededFuture(new Claim.Owned(holder.generation(), true, Optional.empty(), slowCloses));
        }

        @Override
        public Future<Void> noteSlow(SessionId session, Holder holder) {
            noted.add(holder);
            return isStuck ? Promise.<Void>promise().future() : Future.succeededFuture();
        }

        @Override
        public Future<Void> end(SessionId session, Holder holder) {
            return recordsAreEnded
                    ? Future.succeededFuture()
                    : Promise.<Void>promise().future();
        }
    }

    private static String publishes(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(number ->
                        "{\"type\":\"publish\",\"room\":\"r\",\"number\":" + number + ",\"data\":" + number + "}")
                .collect(Collectors.joining(","));
    }

    private List<Long> acked() {
        return connection.frames("ack").stream()
                .map(ack -> ack.getLong("number"))
                .toList();
    }

    private void hello() {
        connection.receive("{\"type\":\"hello\"}");
        assertThat(connection.frames("welcome")).hasSize(1);
    }

    @Test
    @Spec("HS-7")
    void closesAConnectionWithoutHelloAtItsTimeAndNotBefore() {
        scheduler.advance(Duration.ofMillis(9_999));
        assertThat(connection.closed()).isNull();

        scheduler.advance(Duration.ofMillis(1));

        assertThat(connection.closed()).hasToString("HELLO_TIMEOUT");
    }

    @Test
    void sendsAClientElsewhereWhoseSessionNobodyGivesInTimeThoughTheClaimIsNeverAnswered() {
        claimsAreAnswered = false;
        connection.receive("{\"type\":\"hello\"}");

        scheduler.advance(TestSessions.CLAIM_TIMEOUT.minusMillis(1));
        assertThat(connection.closed()).isNull();
        scheduler.advance(Duration.ofMillis(1));

        assertThat(connection.closed()).isEqualTo(CloseCode.NO_QUORUM);
    }

    @Test
    void claimsNoMoreOnceTheClientWasSentElsewhere() {
        claimsAreAnswered = false;
        connection.receive("{\"type\":\"hello\"}");
        scheduler.advance(TestSessions.CLAIM_TIMEOUT);

        unansweredClaims.get(0).fail("the owner is gone");
        scheduler.advance(TestSessions.CLAIM_TIMEOUT);

        assertThat(unansweredClaims).hasSize(1);
        assertThat(connection.frames("welcome")).isEmpty();
    }

    @Test
    void staysOpenWhenTheClaimWasAnsweredInTime() {
        hello();

        scheduler.advance(TestSessions.CLAIM_TIMEOUT.multipliedBy(2));

        assertThat(connection.closed()).isNull();
    }

    @Test
    @Spec("HS-13")
    void welcomesAfterTwoSecondsWithoutTheRoomThatDoesNotAnswer() {
        log.hold();
        connection.receive("{\"type\":\"hello\",\"rooms\":[{\"room\":\"stuck\"},{\"room\":\"quick\"}]}");
        log.waiting().get(1).performAndAnswer();

        scheduler.advance(Duration.ofMillis(1_999));
        List<JsonObject> early = connection.frames("welcome");
        scheduler.advance(Duration.ofMillis(1));

        assertThat(early).isEmpty();
        JsonArray rooms = connection.frames("welcome").get(0).getJsonArray("rooms");
        assertThat(rooms.getJsonObject(0).getString("room")).isEqualTo("stuck");
        assertThat(rooms.getJsonObject(0).getJsonObject("error").getString("code"))
                .isEqualTo("unavailable");
        assertThat(rooms.getJsonObject(1).getString("room")).isEqualTo("quick");
        assertThat(rooms.getJsonObject(1).getString("outcome")).isEqualTo("live");
    }

    @Test
    @Spec("FL-5")
    void readsNothingWhileTooManyPublishesAreUnanswered() {
        hello();
        log.hold();

        connection.receive("[" + publishes(1, INFLIGHT - 1) + "]");
        boolean below = connection.isReading();
        connection.receive(publishes(INFLIGHT, INFLIGHT));
        boolean at = connection.isReading();
        log.answerAtOnce();
        log.only().performAndAnswer();
        scheduler.advance(MOMENT);

        assertThat(below).isTrue();
        assertThat(at).isFalse();
        assertThat(acked()).containsExactly(1L, 2L, 3L, 4L);
        assertThat(connection.isReading()).isTrue();
    }

    @Test
    @Spec("FL-6")
    void boundsThePublishesOfOneMessageLikeThoseOfMany() {
        hello();
        log.hold();

        connection.receive("[" + publishes(1, 20) + ",{\"type\":\"ping\",\"time\":7}]");
        scheduler.advance(MOMENT);
        List<JsonObject> pongsMeanwhile = connection.frames("pong");
        boolean readingMeanwhile = connection.isReading();
        log.answerAtOnce();
        log.only().performAndAnswer();
        scheduler.advance(MOMENT);

        assertThat(pongsMeanwhile).as("answers to what stands behind the bound").isEmpty();
        assertThat(readingMeanwhile).isFalse();
        assertThat(acked()).isSorted().hasSize(20);
        assertThat(connection.frames("pong")).hasSize(1);
        assertThat(connection.isReading()).isTrue();
    }

    @Test
    @Spec("FL-5")
    void readsNothingBehindHelloWhileTooManyPublishesThatCameWithItAreUnanswered() {
        log.hold();

        connection.receive("[{\"type\":\"hello\"}," + publishes(1, INFLIGHT + 1) + "]");
        scheduler.advance(MOMENT);
        boolean readingMeanwhile = connection.isReading();
        log.answerAtOnce();
        log.only().performAndAnswer();
        scheduler.advance(MOMENT);

        assertThat(connection.frames().get(0).getString("type")).isEqualTo("welcome");
        assertThat(readingMeanwhile).isFalse();
        assertThat(acked()).isSorted().hasSize(INFLIGHT + 1);
        assertThat(connection.isReading()).isTrue();
    }

    @Test
    @Spec({"SE-12", "FL-6"})
    void endsOnByeOnlyAfterEveryPublishInFrontOfItWasAnswered() {
        hello();
        log.hold();
        connection.receive("[" + publishes(1, 10) + ",{\"type\":\"bye\"}," + publishes(11, 11) + "]");
        scheduler.advance(MOMENT);
        boolean openMeanwhile = connection.closed() == null;

        log.answerAtOnce();
        log.only().performAndAnswer();
        scheduler.advance(MOMENT);

        assertThat(openMeanwhile).isTrue();
        assertThat(acked()).isSorted().hasSize(10);
        assertThat(connection.closed()).hasToString("NORMAL");
    }

    @Test
    @Spec("SE-12")
    void closesOnByeAfterTwoSecondsThoughNobodyEndsTheRecord() {
        hello();
        recordsAreEnded = false;
        connection.receive("{\"type\":\"bye\"}");

        scheduler.advance(Duration.ofMillis(1_999));
        assertThat(connection.closed()).isNull();
        scheduler.advance(Duration.ofMillis(1));

        assertThat(connection.closed()).isEqualTo(CloseCode.NORMAL);
    }

    @Test
    @Spec({"FR-1", "RM-18"})
    void servesJoinLeaveAndJoinAgainInTheirOrder() {
        hello();
        log.hold();

        connection.receive(
                "[{\"type\":\"join\",\"ref\":1,\"room\":\"r\"},{\"type\":\"leave\",\"ref\":2,\"room\":\"r\"},"
                        + "{\"type\":\"join\",\"ref\":3,\"room\":\"r\"},{\"type\":\"join\",\"ref\":4,\"room\":\"r\"}]");
        log.answerAtOnce();
        log.only().performAndAnswer();
        scheduler.advance(MOMENT);
        connection.receive(publishes(1, 1));
        scheduler.advance(MOMENT);

        assertThat(connection.frames().stream()
                        .map(frame -> frame.getString("type") + " " + frame.getInteger("ref", 0))
                        .toList())
                .containsSubsequence("joined 1", "left 2", "joined 3")
                .contains("error 4", "publication 0");
        assertThat(connection.frames("error").get(0).getString("code")).isEqualTo("already-joined");
    }

    private void publishInto(String room, int count) {
        for (int number = 1; number <= count; number++) {
            log.append(
                    new RoomId(room),
                    List.of(new Draft(
                            new SessionId("other"), new PublisherId("p"), null, number, 1, Payload.ofJson("1"), null)));
        }
    }

    private static List<Long> offsets(ScriptedConnection connection, String room) {
        return connection.frames("publication").stream()
                .filter(frame -> room.equals(frame.getString("room")))
                .map(frame -> frame.getLong("offset"))
                .toList();
    }

    @Test
    @Spec("CL-7")
    void notesASlowClientAndTellsItHowLongToStayAway() {
        directory.slowCloses = 2;
        hello();

        connection.overflow();

        assertThat(connection.closed()).isEqualTo(CloseCode.SLOW_CONSUMER);
        assertThat(connection.retryAfterMs()).isBetween(3_000L, 5_000L);
        assertThat(directory.noted).hasSize(1);
        assertThat(directory.noted.get(0).generation()).isEqualTo(1);
    }

    @Test
    @Spec("CL-7")
    void closesASlowClientAlsoWhenItCannotBeNoted() {
        hello();
        directory.isStuck = true;
        connection.overflow();
        CloseCode atOnce = connection.closed();

        scheduler.advance(Duration.ofSeconds(1));

        assertThat(atOnce).isNull();
        assertThat(connection.closed()).isEqualTo(CloseCode.SLOW_CONSUMER);
    }

    @Test
    void deliversNothingMoreToAClientThatIsAboutToBeClosedAsSlow() {
        connection.receive("{\"type\":\"hello\",\"rooms\":[{\"room\":\"news\"}]}");
        ScriptedConnection publisher = new ScriptedConnection(scheduler, sessions);
        publisher.receive("{\"type\":\"hello\"}");
        scheduler.advance(MOMENT);
        directory.isStuck = true;

        publisher.receive("{\"type\":\"publish\",\"room\":\"news\",\"number\":1,\"data\":1}");
        scheduler.advance(MOMENT);
        connection.overflow();
        publisher.receive("{\"type\":\"publish\",\"room\":\"news\",\"number\":2,\"data\":2}");
        scheduler.advance(MOMENT);

        assertThat(publisher.frames("ack")).hasSize(2);
        assertThat(connection.closed()).isNull();
        assertThat(offsets(connection, "news")).containsExactly(1L);
    }

    @Test
    @Spec({"CL-7", "RM-22"})
    void replaysOnlyTheNewestPartToASessionThatDidNotKeepUp() {
        publishInto("told", 40);
        publishInto("joined", 30);
        directory.slowCloses = 5;

        connection.receive("{\"type\":\"hello\",\"rooms\":[{\"room\":\"told\",\"position\":{\"offset\":0}}]}");
        connection.receive("{\"type\":\"join\",\"ref\":1,\"room\":\"joined\",\"position\":{\"offset\":0}}");
        scheduler.advance(MOMENT);

        assertThat(connection.frames("welcome")).hasSize(1);
        JsonObject told =
                connection.frames("welcome").get(0).getJsonArray("rooms").getJsonObject(0);
        assertThat(told.getJsonObject("gap"))
                .isEqualTo(
                        new JsonObject().put("reason", "limit").put("from", 1).put("to", 24));
        assertThat(offsets(connection, "told"))
                .isEqualTo(LongStream.rangeClosed(25, 40).boxed().toList());
        assertThat(connection.frames("joined").get(0).getJsonObject("gap").getInteger("to"))
                .isEqualTo(14);
        assertThat(offsets(connection, "joined"))
                .isEqualTo(LongStream.rangeClosed(15, 30).boxed().toList());
    }

    @Test
    @Spec("HS-9")
    void welcomesASessionThatDidNotKeepUpOnceWhenItNamesNoRoom() {
        directory.slowCloses = 1;

        hello();

        connection.receive("{\"type\":\"ping\",\"time\":7}");
        assertThat(connection.frames("pong")).hasSize(1);
        assertThat(connection.frames("welcome")).hasSize(1);
    }

    @Test
    void liftsTheCapOnceTheSlowClosesAreForgotten() {
        publishInto("r", 30);
        directory.slowCloses = 5;
        hello();
        directory.slowCloses = 0;
        scheduler.advance(Duration.ofSeconds(40));

        connection.receive("{\"type\":\"join\",\"ref\":1,\"room\":\"r\",\"position\":{\"offset\":0}}");
        scheduler.advance(MOMENT);

        assertThat(offsets(connection, "r")).hasSize(30);
    }
}
