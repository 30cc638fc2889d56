package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.doubleKill;
import static io.rejoin.chaos.checker.Histories.fault;
import static io.rejoin.chaos.checker.Histories.gap;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static io.rejoin.chaos.checker.Histories.resend;
import static io.rejoin.chaos.checker.Histories.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class NoDuplicatesTest {

    @Test
    void acceptsARepeatedNumberWithTheSamePosition() {
        Verdict verdict = check(
                new NoDuplicates(), send(1), ack(1, 1), resend(1), ack(1, 1), delivery("s#1", 1, 1), read("n1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsTheSamePublicationOnTwoConnections() {
        Verdict verdict = check(new NoDuplicates(), delivery("s#1", 1, 1), delivery("s#2", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsOffsetsThatStartAnewAfterAnEpochGap() {
        Verdict verdict = check(
                new NoDuplicates(),
                delivery("s#1", 1, 1),
                gap("s#1", new Op.Bounds("epoch", -1, -1), at("f", 0)),
                delivery("s#1", at("f", 1), 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatWhatIsVoidAfterAnExpectedLossIsPublishedAgain() {
        Verdict verdict = check(
                new NoDuplicates(),
                send(1),
                delivery("s#1", at("e", 1), 1),
                doubleKill(),
                resend(1),
                ack(1, at("f", 1)),
                read("n1", at("f", 1), 1),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesThatBothPlacesAreInTheLogAfterAnExpectedLoss() {
        Verdict verdict = check(
                new NoDuplicates(),
                send(1),
                delivery("s#1", at("e", 1), 1),
                doubleKill(),
                resend(1),
                ack(1, at("f", 2)),
                read("n1", at("e", 1), 1),
                read("n1", at("f", 2), 1),
                readEnd("n1", 0, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesThatSomethingIsPublishedAgainWithoutAnExpectedLoss() {
        Verdict verdict = check(
                new NoDuplicates(),
                send(1),
                delivery("s#1", at("e", 1), 1),
                fault(1, "kill-random", "n1"),
                ack(1, at("f", 1)),
                read("n1", at("f", 1), 1),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAPlaceThatIsShownAgainAfterLaterOnes() {
        Verdict verdict = check(
                new NoDuplicates(),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                delivery("s#1", 3, 3),
                delivery("s#1", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("shown twice", 1L);
    }

    @Test
    void catchesARetryThatWasAppendedAgain() {
        Verdict verdict = check(new NoDuplicates(), send(1), delivery("s#1", 1, 1), resend(1), ack(1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two places", 1L);
    }

    @Test
    void catchesANumberThatIsAcknowledgedAtTwoPositions() {
        Verdict verdict = check(new NoDuplicates(), ack(1, at("e", 4)), ack(1, at("f", 4)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAValueThatStandsTwiceInTheLog() {
        Verdict verdict = check(new NoDuplicates(), read("n1", 1, 1), read("n1", 2, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAPublicationThatAStreamShowsTwice() {
        Verdict verdict = check(new NoDuplicates(), delivery("s#1", 1, 1), delivery("s#1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("shown twice", 1L);
    }

    @Test
    void doesNotJudgeAnEmptyHistory() {
        assertThat(check(new NoDuplicates()).result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
