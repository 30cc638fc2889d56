package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.doubleKill;
import static io.rejoin.chaos.checker.Histories.fault;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static io.rejoin.chaos.checker.Histories.resend;
import static io.rejoin.chaos.checker.Histories.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class RoomOrderTest {

    @Test
    void acceptsOneOrderOverAcksDeliveriesAndReads() {
        Verdict verdict = check(
                new RoomOrder(),
                send(1),
                send(2),
                ack(2, 2),
                ack(1, 1),
                delivery("s#1", 1, 1),
                delivery("s#1", 2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsANewEpochAtTheNextOffset() {
        Verdict verdict = check(new RoomOrder(), ack(1, at("e", 1)), ack(2, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatConcurrentPublishesTakeAnyOrder() {
        Verdict verdict = check(
                new RoomOrder(),
                new Op.Send(0, "p", "r", "p.1", 1, false),
                new Op.Send(0, "q", "r", "q.1", 1, false),
                new Op.Ack(0, "p", "r", "p.1", 1, at(2), "n1"),
                new Op.Ack(0, "q", "r", "q.1", 1, at(1), "n1"));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsAResendAnsweredBelowWhatWasShownMeanwhile() {
        Verdict verdict = check(
                new RoomOrder(),
                send(1),
                new Op.Send(0, "q", "r", "q.1", 1, false),
                new Op.Ack(0, "q", "r", "q.1", 1, at(2), "n1"),
                resend(1),
                ack(1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsALogThatBeginsAnewAfterAnExpectedLoss() {
        Verdict verdict = check(
                new RoomOrder(),
                send(1),
                send(2),
                ack(1, at("e", 1)),
                ack(2, at("e", 2)),
                doubleKill(),
                send(3),
                ack(3, at("f", 1)),
                read("n1", at("f", 1), 3),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesALogThatBeginsAnewWithoutAnExpectedLoss() {
        Verdict verdict = check(
                new RoomOrder(),
                send(1),
                ack(1, at("e", 1)),
                fault(1, "kill-random", "n1"),
                send(2),
                ack(2, at("f", 1)),
                read("n1", at("f", 1), 2),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two epochs", 2L);
    }

    @Test
    void catchesTwoValuesInALogThatBeganAnew() {
        Verdict verdict = check(
                new RoomOrder(),
                ack(1, at("e", 1)),
                doubleKill(),
                delivery("s#1", at("f", 1), 2),
                delivery("t#1", at("f", 1), 3),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two values", 1L);
    }

    @Test
    void catchesAPublisherReorderedInALogThatBeganAnew() {
        Verdict verdict = check(
                new RoomOrder(),
                ack(1, at("e", 1)),
                doubleKill(),
                read("n1", at("f", 1), 3),
                read("n1", at("f", 2), 2),
                readEnd("n1", 0, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("publisher reordered", 1L);
    }

    @Test
    void catchesAPublishThatStandsBeforeItsPastInALogThatBeganAnew() {
        Verdict verdict = check(
                new RoomOrder(),
                ack(1, at("e", 1)),
                doubleKill(),
                ack(2, at("f", 1)),
                ack(3, at("f", 2)),
                new Op.Send(0, "q", "r", "q.1", 1, false),
                new Op.Ack(0, "q", "r", "q.1", 1, at("f", 2), "n1"),
                read("n1", at("f", 1), 2),
                readEnd("n1", 0, at("f", 2)));

        assertThat(verdict.counts()).containsEntry("before its past", 1L);
    }

    @Test
    void catchesAnEpochThatFollowsTwoPasts() {
        Verdict verdict = check(
                new RoomOrder(),
                doubleKill(),
                delivery("s#1", at("d", 1), 1),
                delivery("s#1", at("f", 2), 3),
                delivery("t#1", at("e", 1), 2),
                delivery("t#1", at("f", 2), 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two pasts", 1L);
    }

    @Test
    void catchesTwoValuesAtOnePlace() {
        Verdict verdict = check(new RoomOrder(), delivery("s#1", 1, 1), delivery("t#1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two values", 1L);
    }

    @Test
    void catchesAnAckThatTheReadContradicts() {
        Verdict verdict = check(new RoomOrder(), ack(1, 1), read("n1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAForkOfTheLog() {
        Verdict verdict = check(new RoomOrder(), delivery("s#1", at("e", 5), 1), delivery("t#1", at("f", 5), 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two epochs", 1L);
    }

    @Test
    void catchesAPublisherWhosePublishesAreReordered() {
        Verdict verdict = check(new RoomOrder(), send(1), send(2), ack(1, 2), ack(2, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("publisher reordered", 1L);
    }

    @Test
    void catchesAPublishThatStandsBeforeItsPast() {
        Verdict verdict = check(
                new RoomOrder(),
                new Op.Send(0, "p", "r", "p.1", 1, false),
                new Op.Ack(0, "p", "r", "p.1", 1, at(7), "n1"),
                new Op.Send(0, "q", "r", "q.1", 1, false),
                new Op.Ack(0, "q", "r", "q.1", 1, at(6), "n1"));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("before its past", 1L);
    }

    @Test
    void doesNotJudgeAnEmptyHistory() {
        assertThat(check(new RoomOrder(), send(1)).result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
