package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.AppendBudget;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RoomAppenderTest {

    private static final RoomId ROOM = new RoomId("lobby");
    private static final Duration TIMEOUT = RoomWorld.CONFIG.publishTimeout();
    private static final Duration DEADLINE_STEP = Duration.ofMillis(500);
    private static final Duration FREEZE = Duration.ofSeconds(14);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final ManualScheduler.Loop loop = scheduler.newLoop();
    private final InMemoryRoomLog log = new InMemoryRoomLog(RoomWorld.LIMITS, scheduler::millis);
    private final List<List<Long>> sent = new ArrayList<>();
    private final ScriptedRoomLog scripted = new ScriptedRoomLog(
            new WitnessedLog(log, (position, draft) -> {}) {
                @Override
                public Future<AppendResult> append(RoomId room, List<Draft> batch) {
                    sent.add(batch.stream().map(Draft::number).toList());
                    return super.append(room, batch);
                }
            },
            scheduler);
    private final List<Boolean> retried = new ArrayList<>();
    private final AppendBudget budget = new AppendBudget(2_000_000);
    private final RoomAppender appender = new RoomAppender(
            ROOM,
            scripted,
            loop,
            scheduler,
            RoomWorld.CONFIG,
            RoomMetrics.NONE,
            budget,
            (batch, settled, wasRetried) -> retried.add(wasRetried));

    private Future<DraftOutcome> offer(long number) {
        return appender.offer(RoomWorld.draft("s", number, 1));
    }

    private List<Future<DraftOutcome>> offer(long from, long to) {
        return LongStream.rangeClosed(from, to).mapToObj(this::offer).toList();
    }

    private static long offset(Future<DraftOutcome> settled) {
        return ((DraftOutcome.Applied) settled.result()).position().offset();
    }

    private long held() {
        return log.join(ROOM, new NodeId(new UUID(0, 1)), List.of())
                .result()
                .head()
                .offset();
    }

    private static void assertUnavailable(Future<DraftOutcome> settled) {
        assertThat(settled.result()).isEqualTo(new DraftOutcome.Unavailable());
    }

    @Test
    void hasOneBatchInFlightAndMakesTheNextOfWhatArrivesMeanwhile() {
        scripted.hold();
        Future<DraftOutcome> first = offer(1);
        List<Future<DraftOutcome>> next = offer(2, 4);

        scripted.only().performAndAnswer();
        scripted.only().performAndAnswer();

        assertThat(sent).containsExactly(List.of(1L), List.of(2L, 3L, 4L));
        assertThat(offset(first)).isEqualTo(1);
        assertThat(next).extracting(RoomAppenderTest::offset).containsExactly(2L, 3L, 4L);
        assertThat(appender.isIdle()).isTrue();
    }

    @Test
    void bindsABatchInCount() {
        scripted.hold();
        offer(1, 7);

        scripted.only().performAndAnswer();
        scripted.only().performAndAnswer();
        scripted.only().performAndAnswer();

        assertThat(sent).containsExactly(List.of(1L), List.of(2L, 3L, 4L, 5L), List.of(6L, 7L));
    }

    @Spec("PB-2")
    @Test
    void triesABatchOfUnknownOutcomeAgainAsItIs() {
        scripted.hold();
        Future<DraftOutcome> first = offer(1);
        Future<DraftOutcome> second = offer(2);
        ScriptedRoomLog.Call lostAnswer = scripted.only();
        lostAnswer.perform();

        lostAnswer.fail();
        scripted.answerAtOnce();
        scheduler.advance(DEADLINE_STEP);

        assertThat(sent).containsExactly(List.of(1L), List.of(1L), List.of(2L));
        assertThat(first.result()).isInstanceOf(DraftOutcome.Duplicate.class);
        assertThat(((DraftOutcome.Duplicate) first.result()).position().offset())
                .isEqualTo(1);
        assertThat(offset(second)).isEqualTo(2);
        assertThat(retried).containsExactly(true, false);
    }

    @Test
    void triesAgainWhenTooFewCopiesAreInSync() {
        scripted.hold();
        Future<DraftOutcome> first = offer(1);

        scripted.only().refuse();
        scheduler.advance(DEADLINE_STEP);
        scripted.only().performAndAnswer();
        scheduler.runAll();

        assertThat(offset(first)).isEqualTo(1);
        assertThat(held()).isEqualTo(1);
    }

    @Test
    void answersUnavailableAtOnceWhenThereIsNoMemoryForTheRoom() {
        log.takeNoMoreRooms();

        List<Future<DraftOutcome>> refused = offer(1, 6);
        scheduler.runAll();

        assertThat(refused).allSatisfy(RoomAppenderTest::assertUnavailable);
        assertThat(appender.isIdle()).isTrue();
        assertThat(budget.used()).isZero();
    }

    @Spec("PB-10")
    @Test
    void answersUnavailableWithinTheTimeoutAndNeverTriesAgain() {
        scripted.follow(ScriptedRoomLog.Call::fail);
        List<Future<DraftOutcome>> late = offer(1, 6);

        scheduler.advance(TIMEOUT.plus(DEADLINE_STEP));
        scripted.answerAtOnce();
        scheduler.advance(TIMEOUT);

        assertThat(late).allSatisfy(RoomAppenderTest::assertUnavailable);
        assertThat(sent).isEmpty();
        assertThat(held()).isZero();
    }

    @Test
    void triesOnlyTheDraftsAgainThatAreNotOverdue() {
        scripted.follow(ScriptedRoomLog.Call::fail);
        Future<DraftOutcome> overdue = offer(1);
        scheduler.advance(TIMEOUT.minus(DEADLINE_STEP));
        Future<DraftOutcome> young = offer(2);
        scheduler.advance(DEADLINE_STEP.multipliedBy(2));

        scripted.answerAtOnce();
        scheduler.advance(DEADLINE_STEP);

        assertUnavailable(overdue);
        assertThat(young.result()).isEqualTo(new DraftOutcome.OutOfOrder(1));
        assertThat(held()).isZero();
    }

    @Test
    void neverTriesAgainWhatIsOverdueAfterAFreeze() {
        scripted.hold();
        Future<DraftOutcome> inFlight = offer(1);
        List<Future<DraftOutcome>> queued = offer(2, 9);
        scripted.only().fail();

        scheduler.freeze(FREEZE);
        scripted.answerAtOnce();
        scheduler.advance(DEADLINE_STEP);

        assertUnavailable(inFlight);
        assertThat(queued).allSatisfy(RoomAppenderTest::assertUnavailable);
        assertThat(sent).isEmpty();
    }

    @Test
    void neverSendsWhatBecameOverdueInTheQueueDuringAFreeze() {
        scripted.hold();
        Future<DraftOutcome> inFlight = offer(1);
        List<Future<DraftOutcome>> queued = offer(2, 9);

        scheduler.freeze(FREEZE);
        scripted.only().performAndAnswer();
        Future<DraftOutcome> afterwards = offer(10);

        assertThat(offset(inFlight)).isEqualTo(1);
        assertThat(queued).allSatisfy(RoomAppenderTest::assertUnavailable);
        scripted.only().performAndAnswer();
        assertThat(sent).containsExactly(List.of(1L), List.of(10L));
        assertThat(afterwards.result()).isEqualTo(new DraftOutcome.OutOfOrder(2));
    }

    @Test
    void goesOnWhenACallOutlivesTheTimeout() {
        scripted.hold();
        Future<DraftOutcome> slow = offer(1);

        scheduler.advance(TIMEOUT.plus(DEADLINE_STEP));
        Future<DraftOutcome> next = offer(2);
        ScriptedRoomLog.Call call = scripted.only();
        call.performAndAnswer();
        scripted.only().performAndAnswer();

        assertUnavailable(slow);
        assertThat(offset(next)).isEqualTo(2);
        assertThat(appender.isIdle()).isTrue();
    }

    @Test
    void refusesWhatItsQueueDoesNotTake() {
        scripted.hold();
        offer(1);
        int bound = RoomWorld.CONFIG.queueDrafts();
        List<Future<DraftOutcome>> queued = offer(2, bound + 1L);

        Future<DraftOutcome> refused = offer(bound + 2L);

        assertUnavailable(refused);
        assertThat(queued).noneMatch(Future::isComplete);
        scripted.answerAtOnce();
        scripted.only().performAndAnswer();
        assertThat(queued)
                .extracting(RoomAppenderTest::offset)
                .isEqualTo(LongStream.rangeClosed(2, bound + 1L).boxed().toList());
    }

    @Test
    void takesDraftsAgainOnceItsQueueWasAnswered() {
        scripted.follow(ScriptedRoomLog.Call::fail);
        IntStream.rangeClosed(1, RoomWorld.CONFIG.queueDrafts() + 5).forEach(this::offer);
        scheduler.advance(TIMEOUT.plus(DEADLINE_STEP));
        scripted.answerAtOnce();
        scheduler.advance(TIMEOUT);

        Future<DraftOutcome> next = offer(1);

        assertThat(offset(next)).isEqualTo(1);
    }

    @Test
    void givesEverythingUpWhenTheNodeWasRemoved() {
        scripted.hold();
        Future<DraftOutcome> inFlight = offer(1);
        Future<DraftOutcome> queued = offer(2);

        appender.dropAll();
        scripted.only().fail();
        scheduler.advance(TIMEOUT);

        assertUnavailable(inFlight);
        assertUnavailable(queued);
        assertThat(scripted.waiting()).isEmpty();
        assertThat(appender.isIdle()).isTrue();
    }

    @Test
    void refusesAtOnceWhatTheNodeHasNoRoomForWhateverTheRoomHas() {
        int weight = RoomWorld.draft("s", 1, 1).weight();
        RoomAppender poor = new RoomAppender(
                ROOM,
                scripted,
                loop,
                scheduler,
                RoomWorld.CONFIG,
                RoomMetrics.NONE,
                new AppendBudget(2L * weight),
                (batch, settled, wasRetried) -> {});
        scripted.hold();
        Future<DraftOutcome> inFlight = poor.offer(RoomWorld.draft("s", 1, 1));
        Future<DraftOutcome> queued = poor.offer(RoomWorld.draft("s", 2, 1));
        Future<DraftOutcome> refused = poor.offer(RoomWorld.draft("s", 3, 1));

        assertThat(refused.result()).isInstanceOf(DraftOutcome.Unavailable.class);
        assertThat(inFlight.isComplete() || queued.isComplete()).isFalse();
        scripted.answerAtOnce();
        scripted.only().performAndAnswer();
        assertThat(queued.result()).isInstanceOf(DraftOutcome.Applied.class);
        assertThat(poor.offer(RoomWorld.draft("s", 3, 1)).result()).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    void givesBackWhatItTookHoweverADraftEnds() {
        scripted.hold();
        offer(1, 5);
        long taken = budget.used();
        scheduler.advance(TIMEOUT);
        scripted.only().fail();
        scheduler.advance(FREEZE);
        long afterTimeout = budget.used();
        offer(6, 10);
        appender.dropAll();
        scripted.only().fail();
        scheduler.advance(FREEZE);
        long afterDrop = budget.used();
        scripted.answerAtOnce();
        offer(1, 3);
        scheduler.advance(FREEZE);

        assertThat(taken).isEqualTo(5L * RoomWorld.draft("s", 1, 1).weight());
        assertThat(afterTimeout).as("after the publish timeout").isZero();
        assertThat(afterDrop).as("after the room was closed").isZero();
        assertThat(budget.used()).as("after all is settled").isZero();
    }

    @Test
    void tellsTheSettledBatchBeforeItsPublishers() {
        List<String> order = new ArrayList<>();
        RoomAppender telling = new RoomAppender(
                ROOM,
                scripted,
                loop,
                scheduler,
                RoomWorld.CONFIG,
                RoomMetrics.NONE,
                budget,
                (batch, settled, wasRetried) -> order.add("settled"));
        scripted.hold();

        telling.offer(RoomWorld.draft("s", 1, 1)).onSuccess(outcome -> order.add("publisher"));
        scripted.only().performAndAnswer();

        assertThat(order).containsExactly("settled", "publisher");
    }

    @Test
    void answersWithThePositionInTheLog() {
        Future<DraftOutcome> settled = offer(1);

        Position head =
                log.join(ROOM, new NodeId(new UUID(0, 1)), List.of()).result().head();
        assertThat(settled.result()).isEqualTo(new DraftOutcome.Applied(head));
    }
}
