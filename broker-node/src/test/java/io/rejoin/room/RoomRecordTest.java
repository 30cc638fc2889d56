package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RoomRecordTest {

    private static final UUID OWNER = new UUID(1, 1);
    private static final UUID OTHER = new UUID(1, 2);
    private static final long IDLE = 600_000;
    private static final LogLimits LIMITS = new LogLimits(5, 1 << 20, 60_000, 4, 4_096, 16, 240_000, 10_000, IDLE);

    private final Random random = new Random(3);

    private RoomRecord.Moment at(UUID owner, long tick) {
        return new RoomRecord.Moment(owner, 1, tick, tick, random);
    }

    private RoomRecord created() {
        return RoomRecord.apply(null, RoomRecord.planCreation(at(OWNER, 0)), 0, LIMITS);
    }

    private RoomRecord.Plan append(RoomRecord log, UUID owner, long tick, LogLimits limits, Draft... batch) {
        RoomRecord.Plan plan = RoomRecord.plan(log, List.of(batch), at(owner, tick), limits);
        RoomRecord.apply(log, plan.change(), tick, limits);
        return plan;
    }

    @Test
    void keepsItsBoundOfCountWhenOneBatchIsAboveIt() {
        RoomRecord log = created();
        List<Draft> batch = new ArrayList<>();
        for (int number = 1; number <= 12; number++) {
            batch.add(RoomWorld.draft("s", number, 1));
        }

        append(log, OWNER, 1, LIMITS, batch.toArray(Draft[]::new));

        assertThat(log.head().offset()).isEqualTo(12);
        assertThat(log.retained()).hasSize(5);
        assertThat(log.oldestRetained()).isEqualTo(8);
    }

    @Test
    void keepsItsBoundOfBytesWhenOneBatchIsAboveIt() {
        Draft draft = RoomWorld.draft("s", 1, 1);
        LogLimits tight = new LogLimits(100, 2L * draft.weight(), 60_000, 4, 4_096, 16, 240_000, 10_000, IDLE);
        RoomRecord log = created();

        append(log, OWNER, 1, tight, draft, RoomWorld.draft("s", 2, 1), RoomWorld.draft("s", 3, 1));

        assertThat(log.oldestRetained()).isEqualTo(2);
        assertThat(log.retained()).hasSize(2);
    }

    @Test
    void isIdleOnceItsOwnerSawNothingForTheIdleTime() {
        RoomRecord log = created();

        assertThat(log.isIdle(OWNER, 1, LIMITS)).isFalse();
        assertThat(log.isIdle(OWNER, IDLE / 2, LIMITS)).isFalse();
        assertThat(log.isIdle(OWNER, IDLE, LIMITS)).isFalse();
        assertThat(log.isIdle(OWNER, IDLE + 2, LIMITS)).isTrue();
    }

    @Test
    void isNotIdleWhileANodeIsInterested() {
        RoomRecord log = created();
        log.isIdle(OWNER, 1, LIMITS);
        log.isIdle(OWNER, IDLE / 2, LIMITS);

        log.lease(new NodeId(OTHER), IDLE, LIMITS);

        assertThat(log.isIdle(OWNER, IDLE + 1, LIMITS)).isFalse();
    }

    @Test
    void startsToWatchAnewWhenItsOwnerWasACopyInBetween() {
        RoomRecord log = created();
        log.isIdle(OWNER, 1, LIMITS);

        assertThat(log.isIdle(OWNER, 2 * IDLE, LIMITS)).isFalse();
        assertThat(log.isIdle(OTHER, 2 * IDLE, LIMITS)).isFalse();
    }

    @Test
    void isNotIdleAfterABarrierThatItOnlyComparedAsACopy() {
        RoomRecord log = created();
        log.isIdle(OWNER, 1, LIMITS);
        log.isIdle(OWNER, IDLE / 2, LIMITS);
        log.isIdle(OWNER, IDLE - 1, LIMITS);

        RoomRecord.apply(log, RoomChange.compareOnly(log), IDLE, LIMITS);

        assertThat(log.isIdle(OWNER, IDLE + 2, LIMITS)).isFalse();
    }

    @Test
    void refusesAChangeAfterOneThatItMissed() {
        RoomChange creation = RoomRecord.planCreation(at(OWNER, 0));
        RoomRecord log = RoomRecord.apply(null, creation, 0, LIMITS);
        RoomRecord owner = RoomRecord.apply(null, creation, 0, LIMITS);
        append(owner, OWNER, 1, LIMITS, RoomWorld.draft("s", 1, 1));
        RoomChange next = RoomRecord.plan(owner, List.of(RoomWorld.draft("s", 2, 1)), at(OWNER, 2), LIMITS)
                .change();

        assertThat(next.matches(log)).isFalse();
    }

    @Spec({"RM-9", "RM-10"})
    @Test
    void goesOnInANewTermWhenItsOwnerChanged() {
        RoomRecord log = created();
        append(log, OWNER, 1, LIMITS, RoomWorld.draft("s", 1, 1));
        Position old = log.head();

        append(log, OTHER, 2, LIMITS, RoomWorld.draft("s", 2, 1));

        assertThat(log.head().offset()).isEqualTo(2);
        assertThat(log.head().epoch()).isNotEqualTo(old.epoch());
        assertThat(log.start(new JoinQuery(old, 0), 2, LIMITS)).isEqualTo(new JoinedResult.Resumed(old));
    }

    @Spec({"RM-14", "RM-16"})
    @Test
    void placesAPositionBeyondTheEndOfItsTermAtThatEnd() {
        RoomRecord log = created();
        append(log, OWNER, 1, LIMITS, RoomWorld.draft("s", 1, 1));
        Position beyond = new Position(log.term(), 2);
        append(log, OTHER, 2, LIMITS, RoomWorld.draft("s", 2, 1), RoomWorld.draft("s", 3, 1));

        JoinedResult start = log.start(new JoinQuery(beyond, 0), 2, LIMITS);

        assertThat(start)
                .isEqualTo(
                        new JoinedResult.Gapped(new Position(beyond.epoch(), 1), new GapRange(GapReason.EPOCH, 0, 0)));
    }

    @Spec("RM-13")
    @Test
    void offersNothingThatIsPastItsAge() {
        RoomRecord log = created();
        append(log, OWNER, 1_000, LIMITS, RoomWorld.draft("s", 1, 1));
        append(log, OWNER, 50_000, LIMITS, RoomWorld.draft("s", 2, 1));
        Position start = new Position(log.term(), 0);

        JoinedResult later = log.start(new JoinQuery(start, 0), 61_001, LIMITS);

        assertThat(later)
                .isEqualTo(
                        new JoinedResult.Gapped(new Position(log.term(), 1), new GapRange(GapReason.RETENTION, 1, 1)));
    }

    @Spec("PB-18")
    @Test
    void forgetsAPublisherOnlyAfterItsTime() {
        RoomRecord log = created();
        append(log, OWNER, 1, LIMITS, RoomWorld.draft("s", 1, 1));

        assertThat(log.planSweep(at(OWNER, 240_001), new LogLimits(5, 1 << 20, 1L << 40, 4, 4_096, 16, 240_000, 1, 1)))
                .isEmpty();
        assertThat(log.planSweep(at(OWNER, 240_002), new LogLimits(5, 1 << 20, 1L << 40, 4, 4_096, 16, 240_000, 1, 1)))
                .hasValueSatisfying(change -> assertThat(change.forgotten()).hasSize(1));
    }

    @Test
    void makesRoomForAPublisherByForgettingOneWhoseTimeHasPassed() {
        RoomRecord log = created();
        for (int session = 1; session <= 4; session++) {
            append(log, OWNER, session, LIMITS, RoomWorld.draft("s" + session, 1, 1));
        }

        List<DraftOutcome> tooEarly =
                append(log, OWNER, 5, LIMITS, RoomWorld.draft("s5", 1, 1)).outcomes();
        List<DraftOutcome> later =
                append(log, OWNER, 240_002, LIMITS, RoomWorld.draft("s5", 1, 1)).outcomes();

        assertThat(tooEarly).containsExactly(new DraftOutcome.PublisherLimit());
        assertThat(later.get(0)).isInstanceOf(DraftOutcome.Applied.class);
        assertThat(log.publishers()).hasSize(4);
    }

    private static RoomRecord.Moment in(long electorate, UUID owner) {
        return new RoomRecord.Moment(owner, electorate, 1, 1, new Random(electorate));
    }

    private static RoomRecord logIn(long electorate, int appends) {
        RoomRecord log = RoomRecord.apply(null, RoomRecord.planCreation(in(1, OWNER)), 0, LIMITS);
        for (int number = 1; number <= appends; number++) {
            RoomRecord.Plan plan =
                    RoomRecord.plan(log, List.of(RoomWorld.draft("s", number, 1)), in(electorate, OTHER), LIMITS);
            RoomRecord.apply(log, plan.change(), 1, LIMITS);
        }
        return log;
    }

    @Test
    void supersedesALogOfAnEarlierElectorateHoweverLongThatIs() {
        assertThat(logIn(3, 1).supersedes(logIn(2, 4))).isTrue();
        assertThat(logIn(2, 4).supersedes(logIn(3, 1))).isFalse();
    }

    @Test
    void supersedesAShorterLogOfTheSameElectorate() {
        assertThat(logIn(2, 4).supersedes(logIn(2, 3))).isTrue();
        assertThat(logIn(2, 3).supersedes(logIn(2, 4))).isFalse();
        assertThat(logIn(2, 3).supersedes(logIn(2, 3))).isFalse();
    }

    /** A node that had not heard of the next electorate yet may become the owner after one that had. */
    @Test
    void neverGoesBackToAnEarlierElectorate() {
        RoomRecord log = logIn(3, 1);
        RoomRecord.Plan late = RoomRecord.plan(log, List.of(RoomWorld.draft("s", 2, 1)), in(2, OWNER), LIMITS);

        RoomRecord.apply(log, late.change(), 1, LIMITS);

        assertThat(log.electorate()).isEqualTo(3);
    }

    @Test
    void takesTheInterestsOfTheLogThatItSupersedes() {
        NodeId one = new NodeId(new UUID(2, 1));
        NodeId other = new NodeId(new UUID(2, 2));
        RoomRecord stays = logIn(3, 1);
        RoomRecord goes = logIn(2, 1);
        stays.lease(one, 0, LIMITS);
        goes.lease(other, 0, LIMITS);

        stays.takeInterests(goes);

        assertThat(stays.interested(1)).containsExactlyInAnyOrder(one, other);
    }
}
