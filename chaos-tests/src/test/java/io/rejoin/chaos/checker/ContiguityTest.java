package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.conflated;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.doubleKill;
import static io.rejoin.chaos.checker.Histories.gap;
import static io.rejoin.chaos.checker.Histories.joined;
import static io.rejoin.chaos.checker.Histories.joinedGap;
import static io.rejoin.chaos.checker.Histories.joinedLive;
import static io.rejoin.chaos.checker.Histories.phase;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op.Bounds;
import io.rejoin.chaos.history.Point;
import org.junit.jupiter.api.Test;

class ContiguityTest {

    @Test
    void acceptsAStreamThatResumesAtAnotherNode() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                joined("s#2", at(2), at(2)),
                delivery("s#2", 3, 3),
                read("n1", 1, 1),
                read("n1", 2, 2),
                read("n1", 3, 3),
                readEnd("n1", 0, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsALogThatGoesOnUnderANewEpoch() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", at("e", 1), 1),
                delivery("s#1", at("f", 2), 2),
                read("n1", at("e", 1), 1),
                read("n1", at("f", 2), 2),
                new io.rejoin.chaos.history.Op.ReadEnd(0, "n1", "r", 0, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsALiveJoin() {
        Verdict verdict = check(
                new Contiguity(),
                joinedLive("s#1", at(4)),
                delivery("s#1", 5, 5),
                read("n1", 5, 5),
                readEnd("n1", 4, 5));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void takesARetentionForTrueThatTheLogReachedBetweenFinalReads() {
        Verdict verdict = check(
                new Contiguity(),
                phase("reads"),
                readEnd("n1", 0, 0),
                phase("heal after kill of n1"),
                joinedGap("s#1", at(2), new Bounds("retention", 3, 7), at(7)),
                phase("reads after all kills"),
                readEnd("n1", 7, 7));

        assertThat(verdict.counts()).doesNotContainKey("false retention");
    }

    @Test
    void acceptsARetentionGapWithTrueBounds() {
        Verdict verdict = check(
                new Contiguity(),
                joinedGap("s#1", at(2), new Bounds("retention", 3, 7), at(7)),
                delivery("s#1", 8, 8),
                read("n1", 8, 8),
                readEnd("n1", 7, 8));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("gap retention", 1L);
    }

    @Test
    void acceptsAnEpochGapWhoseVoidIsNotInTheLog() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", at("e", 1), 1),
                delivery("s#1", at("x", 2), 9),
                gap("s#1", new Bounds("epoch", -1, -1), at("e", 1)),
                delivery("s#1", at("e", 2), 2),
                read("n1", at("e", 1), 1),
                read("n1", at("e", 2), 2),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesASilentHole() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 3, 3),
                readEnd("n1", 3, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("silent hole", 1L);
    }

    @Test
    void catchesAStreamThatGoesBack() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                delivery("s#1", 2, 2),
                readEnd("n1", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("went back", 1L);
    }

    @Test
    void catchesAResumeElsewhere() {
        Verdict verdict = check(new Contiguity(), joined("s#1", at(2), at(3)), readEnd("n1", 3, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("resumed elsewhere", 1L);
    }

    @Test
    void catchesAResumeInAnotherEpoch() {
        Verdict verdict = check(new Contiguity(), joined("s#1", at("e", 2), at("f", 2)), readEnd("n1", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAGapWithFalseBounds() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                gap("s#1", new Bounds("retention", 3, 7), at(7)),
                readEnd("n1", 7, 7));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("false bounds", 1L);
    }

    @Test
    void catchesARetentionGapOverWhatIsRetained() {
        Verdict verdict = check(
                new Contiguity(),
                joinedGap("s#1", at(2), new Bounds("retention", 3, 7), at(7)),
                delivery("s#1", 8, 8),
                read("n1", 6, 6),
                read("n1", 7, 7),
                read("n1", 8, 8),
                readEnd("n1", 5, 8));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("false retention", 1L);
    }

    @Test
    void catchesAnEpochGapThatVoidsWhatIsInTheLog() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                joinedGap("s#2", at(2), new Bounds("epoch", -1, -1), at(0)),
                delivery("s#2", 1, 1),
                delivery("s#2", 2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("false epoch", 1L);
    }

    @Test
    void catchesAPublicationBeforeJoined() {
        Verdict verdict = check(new Contiguity(), delivery("s#1", 1, 1), readEnd("n1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAClientThatNeverCatchesUp() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("not caught up", 1L);
    }

    @Test
    void acceptsAConflatedGapOverWhatIsReplaced() {
        Verdict verdict = check(
                new Contiguity(),
                conflated(joined("s#1", Point.START, at(0))),
                conflated(delivery("s#1", 1, 1)),
                conflated(ack(2, 2)),
                conflated(ack(3, 3)),
                conflated(gap("s#1", new Bounds("conflated", 2, 3), at(3))),
                conflated(delivery("s#1", 4, 6)),
                conflated(delivery("s#1", 5, 7)),
                conflated(readEnd("n1", 3, 5)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("gap conflated", 1L);
    }

    @Test
    void acceptsALossThatEveryMemberIsToldOf() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                doubleKill(),
                joinedGap("s#2", at(2), new Bounds("epoch", -1, -1), at("f", 0)),
                delivery("s#2", at("f", 1), 3),
                read("n1", at("f", 1), 3),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatOneWhoLeavesForGoodMissesTheRest() {
        Verdict verdict = check(
                new Contiguity(),
                joined("once-1#1", Point.START, at(0)),
                delivery("once-1#1", 1, 1),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsAMemberThatAsksForLessThanItHad() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                joined("s#2", at(1), at(1)),
                delivery("s#2", 2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesALossThatAMemberIsNotToldOf() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                doubleKill(),
                joined("s#2", at(2), at(2)),
                delivery("s#2", at("f", 3), 5),
                read("n1", at("f", 1), 3),
                read("n1", at("f", 2), 4),
                read("n1", at("f", 3), 5),
                readEnd("n1", 0, at("f", 3)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("silent loss", 1L);
    }

    @Test
    void catchesAnEpochGapThatKeepsTooMuch() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                doubleKill(),
                gap("s#1", new Bounds("epoch", -1, -1), at(1)),
                delivery("s#1", at("f", 2), 5),
                read("n1", at("f", 1), 4),
                read("n1", at("f", 2), 5),
                readEnd("n1", 0, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("silent loss", 1L);
    }

    @Test
    void catchesAConflatedGapOverTheNewestValueOfAKey() {
        Verdict verdict = check(
                new Contiguity(),
                conflated(joined("s#1", Point.START, at(0))),
                conflated(delivery("s#1", 1, 1)),
                conflated(ack(2, 2)),
                conflated(ack(3, 3)),
                conflated(gap("s#1", new Bounds("conflated", 2, 3), at(3))),
                conflated(delivery("s#1", 4, 6)),
                conflated(readEnd("n1", 3, 4)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("newest left out", 1L);
    }

    @Test
    void catchesAConflatedGapInARoomThatDoesNotConflate() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                gap("s#1", new Bounds("conflated", 1, 1), at(1)),
                delivery("s#1", 2, 6),
                readEnd("n1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("conflated unasked", 1L);
    }

    @Test
    void catchesAMemberThatWasShownMoreThanTheLogHolds() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                read("n1", 1, 1),
                readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("silent loss", 1L);
    }

    @Test
    void acceptsWhatIsShownAfterTheLastRead() {
        Verdict verdict = check(
                new Contiguity(),
                joined("s#1", Point.START, at(0)),
                delivery("s#1", 1, 1),
                phase("reads"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                phase("heal after kill of n1"),
                delivery("s#1", 2, 2),
                delivery("s#1", at("f", 3), 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void doesNotJudgeWithoutReads() {
        Verdict verdict = check(new Contiguity(), joined("s#1", Point.START, at(0)), delivery("s#1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
