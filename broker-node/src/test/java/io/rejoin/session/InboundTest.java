package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.auth.Applicant;
import io.rejoin.auth.AuthResult;
import io.rejoin.auth.Grants;
import io.rejoin.auth.Principal;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.auth.RevocationList;
import io.rejoin.flow.Admission;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.Limits;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomConfig;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicy;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedConnection;
import io.rejoin.testing.Spec;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class InboundTest {

    private static final int INFLIGHT = 8;
    private static final LogLimits LIMITS =
            new LogLimits(1_000, 1 << 20, 3_600_000, 64, 64 << 10, INFLIGHT, 240_000, 10_000, 600_000);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final Counting metrics = new Counting();
    private @Nullable SessionRegistry registry;

    /** Counts what was slowed down and refused. */
    private static final class Counting implements SessionMetrics {
        private int throttles;
        private final List<String> refused = new ArrayList<>();

        @Override
        public void onThrottle() {
            throttles++;
        }

        @Override
        public void onPublishRefused(String whose) {
            refused.add(whose);
        }
    }

    /** The token is the name of the user; without one, nobody. */
    private static Future<AuthResult> authenticate(Applicant applicant) {
        String token = applicant.token();
        return Future.succeededFuture(new AuthResult.Accepted(
                new Principal(token == null ? null : new UserId(token), null, Grants.ALL, TokenLimits.NONE, null)));
    }

    private void limit(InboundLimits limits) {
        RoomPolicy usual = RoomPolicy.withLog(LIMITS);
        RoomPolicy slow = new RoomPolicy(
                usual.roomClass(),
                usual.historyCount(),
                usual.historyBytes(),
                usual.historyAge(),
                usual.members(),
                usual.publishers(),
                1,
                usual.publishRight(),
                usual.slowConsumerGrace(),
                usual.slowConsumerAction(),
                usual.conflationInterval(),
                usual.presence());
        RoomPolicies policies = new RoomPolicies(usual, List.of(new RoomPolicies.Namespace("slow.", slow)));
        registry = TestSessions.over(
                scheduler,
                new InMemoryRoomLog(LIMITS, scheduler::millis),
                RoomConfig.withLog(LIMITS).withPolicies(policies),
                TestSessions.config(new Limits(65_536, 300, INFLIGHT), limits, Duration.ZERO),
                new Authentication(
                        InboundTest::authenticate, () -> RevocationList.EMPTY, scheduler, Duration.ZERO, Duration.ZERO),
                new TestSessions.EverybodysDirectory(),
                new Admission.Limits(100, 100, 100, 100_000),
                metrics);
    }

    private ScriptedConnection connect(String user) {
        if (registry == null) {
            throw new IllegalStateException("limit first");
        }
        ScriptedConnection connection = new ScriptedConnection(scheduler, registry);
        connection.receive("{\"type\":\"hello\"" + (user.isEmpty() ? "" : ",\"token\":\"" + user + "\"") + "}");
        assertThat(connection.frames("welcome")).hasSize(1);
        return connection;
    }

    private static InboundLimits publishes(int connection, int user) {
        return InboundLimits.perSecond(0, 0, connection, user, 0, 65_536);
    }

    private static String publish(String room, int number) {
        return "{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":" + number + ",\"first\":1,\"data\":1}";
    }

    private static String publishes(String room, int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(number -> publish(room, number))
                .collect(Collectors.joining(",", "[", "]"));
    }

    private static List<Long> numbers(ScriptedConnection connection, String type) {
        return connection.frames(type).stream()
                .map(frame -> frame.getLong("number"))
                .toList();
    }

    private void settle() {
        scheduler.advance(Duration.ofMillis(200));
    }

    @Test
    @Spec("FL-8")
    void readsNothingUntilTheRateOfFramesIsKeptAgain() {
        limit(InboundLimits.perSecond(10, 0, 0, 0, 0, 65_536));
        ScriptedConnection connection = connect("");
        assertThat(connection.isReading()).isTrue();

        connection.receive("[" + "{\"type\":\"ping\",\"time\":1},".repeat(13) + "{\"type\":\"ping\",\"time\":1}]");

        assertThat(connection.frames("pong")).hasSize(14);
        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(499));
        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(connection.isReading()).isTrue();
        assertThat(connection.frames("error")).isEmpty();
        assertThat(metrics.throttles).isEqualTo(1);
    }

    @Test
    void countsMessagesWithoutFramesAndPartsOfMessages() {
        limit(InboundLimits.perSecond(10, 0, 0, 0, 0, 65_536));
        ScriptedConnection connection = connect("");

        for (int i = 0; i < 5; i++) {
            connection.receive("[]");
            connection.receivePart(0);
        }

        assertThat(connection.isReading()).isFalse();
    }

    @Test
    void paysForWhatHadBeenReadBeforeThePause() {
        limit(InboundLimits.perSecond(10, 0, 0, 0, 0, 65_536));
        ScriptedConnection connection = connect("");
        for (int i = 0; i < 29; i++) {
            connection.receive("{\"type\":\"ping\",\"time\":1}");
        }

        scheduler.advance(Duration.ofMillis(1_999));
        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(1));

        assertThat(connection.isReading()).isTrue();
        assertThat(connection.frames("pong")).hasSize(29);
    }

    @Test
    @Spec("FL-8")
    void readsNothingUntilTheRateOfBytesIsKeptAgain() {
        limit(InboundLimits.perSecond(0, 1_000, 0, 0, 0, 1_000));
        ScriptedConnection connection = connect("");
        scheduler.advance(Duration.ofSeconds(1));

        connection.receive("[]" + " ".repeat(1_498));

        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(499));
        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(connection.isReading()).isTrue();
    }

    @Test
    void doesNotReadAgainBeforeTheOtherReasonEnds() {
        limit(InboundLimits.perSecond(10, 0, 0, 0, 0, 65_536));
        ScriptedConnection connection = connect("");

        connection.receive(publishes("r", 1, 20));
        settle();

        // All publishes are answered, but twenty frames and the hello were paid for with ten.
        assertThat(numbers(connection, "ack")).hasSize(20);
        assertThat(connection.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(900));
        assertThat(connection.isReading()).isTrue();
    }

    @Test
    @Spec("FL-8")
    void connectionsOfAUserShareTheRateOfBytes() {
        limit(InboundLimits.perSecond(0, 0, 0, 0, 1_000, 1_000));
        ScriptedConnection first = connect("ann");
        ScriptedConnection second = connect("ann");
        ScriptedConnection other = connect("bob");
        ScriptedConnection nobody = connect("");
        scheduler.advance(Duration.ofSeconds(1));

        first.receive("[]" + " ".repeat(998));
        assertThat(first.isReading()).isTrue();
        second.receive("[]" + " ".repeat(498));
        other.receive("[]" + " ".repeat(498));
        nobody.receive("[]" + " ".repeat(4_998));

        assertThat(second.isReading()).isFalse();
        assertThat(other.isReading()).isTrue();
        assertThat(nobody.isReading()).isTrue();
        first.receive("[]" + " ".repeat(498));
        scheduler.advance(Duration.ofMillis(999));
        assertThat(first.isReading()).isFalse();
        assertThat(second.isReading()).isFalse();
        scheduler.advance(Duration.ofMillis(1));
        assertThat(first.isReading()).isTrue();
        assertThat(second.isReading()).isTrue();
    }

    @Test
    @Spec("FL-11")
    void refusesPublishesAboveTheRateAndAppliesThemWhenTheyAreSentAgain() {
        limit(publishes(2, 0));
        ScriptedConnection connection = connect("");

        connection.receive(publishes("r", 1, 8));
        settle();

        assertThat(numbers(connection, "ack")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(connection.frames("error")).hasSize(2);
        JsonObject error = connection.frames("error").get(0);
        assertThat(error.getString("code")).isEqualTo("rate-limited");
        assertThat(error.getString("room")).isEqualTo("r");
        assertThat(error.getLong("number")).isEqualTo(7);
        assertThat(error.getBoolean("retryable")).isTrue();
        assertThat(error.getLong("retryAfter")).isEqualTo(1_000);
        assertThat(metrics.refused).containsExactly("connection", "connection");

        scheduler.advance(Duration.ofMillis(error.getLong("retryAfter")));
        connection.receive(publishes("r", 7, 8));
        settle();

        assertThat(numbers(connection, "ack")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
    }

    @Test
    @Spec("FL-11")
    void refusesEphemeralPublishesWithoutNumber() {
        limit(publishes(1, 0));
        ScriptedConnection connection = connect("");

        for (int i = 0; i < 4; i++) {
            connection.receive(
                    "{\"type\":\"publish\",\"room\":\"r\",\"ref\":" + i + ",\"data\":1,\"class\":\"ephemeral\"}");
        }

        assertThat(connection.frames("error")).hasSize(1);
        JsonObject error = connection.frames("error").get(0);
        assertThat(error.getString("code")).isEqualTo("rate-limited");
        assertThat(error.getLong("ref")).isEqualTo(3);
        assertThat(error.containsKey("number")).isFalse();
    }

    @Test
    @Spec("FL-11")
    void connectionsOfAUserShareTheRateOfPublishes() {
        limit(publishes(0, 2));
        ScriptedConnection first = connect("ann");
        ScriptedConnection second = connect("ann");
        ScriptedConnection other = connect("bob");
        ScriptedConnection nobody = connect("");

        first.receive(publishes("r", 1, 4));
        second.receive(publishes("r", 1, 4));
        other.receive(publishes("r", 1, 4));
        nobody.receive(publishes("r", 1, 8));
        settle();

        assertThat(numbers(first, "ack")).hasSize(4);
        assertThat(numbers(second, "ack")).hasSize(2);
        assertThat(numbers(other, "ack")).hasSize(4);
        assertThat(numbers(nobody, "ack")).hasSize(8);
        assertThat(metrics.refused).containsExactly("user", "user");
    }

    @Test
    void aUserWhoConnectsAnewFindsTheRateAsItWasLeft() {
        limit(publishes(0, 1));
        ScriptedConnection first = connect("ann");
        first.receive(publishes("r", 1, 3));
        first.close(CloseCode.NORMAL, 0);
        settle();

        ScriptedConnection second = connect("ann");
        second.receive(publish("r", 1));
        settle();

        assertThat(numbers(second, "ack")).isEmpty();
        assertThat(metrics.refused).containsExactly("user");
    }

    @Test
    @Spec("FL-11")
    void allWhoPublishIntoARoomShareItsRateAndLoseNothingElse() {
        limit(publishes(2, 2));
        ScriptedConnection first = connect("ann");
        ScriptedConnection second = connect("bob");

        first.receive(publishes("slow.r", 1, 2));
        second.receive(publishes("slow.r", 1, 5));
        settle();

        assertThat(numbers(first, "ack")).containsExactly(1L, 2L);
        assertThat(numbers(second, "ack")).containsExactly(1L);
        assertThat(metrics.refused).containsOnly("room").hasSize(4);

        // What the room refused cost neither the connection nor the user anything.
        second.receive(publishes("quick.r", 1, 5));
        settle();
        assertThat(numbers(second, "ack")).containsExactly(1L, 1L, 2L, 3L, 4L, 5L);
    }

    @Test
    @Spec("FL-12")
    void closesWhoGoesOnInSpiteOfRefusals() {
        limit(publishes(1, 0));
        ScriptedConnection connection = connect("");
        connection.receive(publishes("r", 1, 3));

        for (int i = 0; i < 4 * INFLIGHT; i++) {
            connection.receive(publish("r", 4));
        }
        assertThat(connection.closed()).isNull();
        assertThat(connection.frames("error")).hasSize(4 * INFLIGHT);
        connection.receive(publish("r", 4));

        assertThat(connection.closed()).isEqualTo(CloseCode.FLOODING);
        assertThat(connection.frames("error")).hasSize(4 * INFLIGHT);
    }

    @Test
    @Spec("FL-12")
    void keepsWhoSendsAllAgainAfterEachWait() {
        limit(publishes(1, 0));
        ScriptedConnection connection = connect("");
        int acked = 0;

        for (int round = 0; round < 100; round++) {
            connection.receive(publishes("r", acked + 1, acked + INFLIGHT));
            settle();
            scheduler.advance(Duration.ofMillis(800));
            acked = numbers(connection, "ack").size();
        }

        assertThat(connection.closed()).isNull();
        assertThat(acked).isGreaterThanOrEqualTo(100);
    }
}
