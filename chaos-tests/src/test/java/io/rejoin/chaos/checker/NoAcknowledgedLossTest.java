package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.conflated;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.doubleKill;
import static io.rejoin.chaos.checker.Histories.fault;
import static io.rejoin.chaos.checker.Histories.healed;
import static io.rejoin.chaos.checker.Histories.phase;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static io.rejoin.chaos.checker.Histories.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class NoAcknowledgedLossTest {

    @Test
    void acceptsWhatIsReadThroughEveryNode() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                ack(2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2),
                read("n2", 1, 1),
                read("n2", 2, 2),
                readEnd("n2", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("acknowledged", 2L);
    }

    @Test
    void acceptsWhatTheLogLetGoAfterItWasDelivered() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                ack(2, 2),
                delivery("s#1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatWhatWasNeverAcknowledgedIsNotThere() {
        Verdict verdict =
                check(new NoAcknowledgedLoss(), send(1), send(2), ack(1, 1), read("n1", 1, 1), readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsAnExpectedLossAndCountsIt() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, at("e", 1)),
                ack(2, at("e", 2)),
                doubleKill(),
                healed(1, "double-kill", "n1", "n2"),
                read("n1", at("f", 1), 3),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("expected loss", 2L);
    }

    @Test
    void acceptsWhatACutOffNodeAcknowledgedAndSurvives() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                fault(1, "isolate-one", "n1"),
                ack(1, 1),
                healed(1, "isolate-one", "n1"),
                read("n2", 1, 1),
                readEnd("n2", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("acknowledged while cut off", 1L);
    }

    @Test
    void acceptsThatAConflatedRoomLetsGoWhatNobodySaw() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(), conflated(ack(1, 1)), conflated(ack(2, 2)), conflated(readEnd("n1", 2, 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesAHoleAfterAnExpectedLoss() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, at("e", 1)),
                ack(2, at("e", 2)),
                ack(3, at("e", 3)),
                doubleKill(),
                healed(1, "double-kill", "n1", "n2"),
                read("n1", at("e", 1), 1),
                read("n1", at("e", 3), 3),
                readEnd("n1", 0, at("e", 3)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost middle", 1L);
    }

    @Test
    void catchesALossOfWhatWasAcknowledgedAfterTheCopiesWereThereAgain() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                doubleKill(),
                healed(1, "double-kill", "n1", "n2"),
                new Op.Ack(5, "p", "r", "p.1", 1, at("e", 1), "n1"),
                read("n1", at("f", 1), 2),
                readEnd("n1", 0, at("f", 1)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost postfix", 1L);
    }

    @Test
    void catchesALossOfWhatACutOffNodeAcknowledged() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                fault(1, "majority-minority", "n1", "n2"),
                ack(2, 2),
                healed(1, "majority-minority", "n1", "n2"),
                read("n3", 1, 1),
                readEnd("n3", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost, acknowledged while cut off", 1L);
    }

    @Test
    void catchesALossThatOnlyALaterReadShows() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                phase("reads"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                phase("reads after kill of n2"),
                readEnd("n1", 0, 0));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.examples()).singleElement().asString().contains("reads after kill of n2");
    }

    @Test
    void catchesALossThatAReadBeforeTheEndHadShown() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                phase("faults"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                phase("reads"),
                readEnd("n1", 0, 0));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesALostPrefix() {
        Verdict verdict =
                check(new NoAcknowledgedLoss(), ack(1, 1), ack(2, 2), ack(3, 3), read("n1", 3, 3), readEnd("n1", 0, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost prefix", 2L);
    }

    @Test
    void catchesALostMiddle() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                ack(2, 2),
                ack(3, 3),
                read("n1", 1, 1),
                read("n1", 3, 3),
                readEnd("n1", 0, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost middle", 1L);
    }

    @Test
    void catchesALostPostfix() {
        Verdict verdict =
                check(new NoAcknowledgedLoss(), ack(1, 1), ack(2, 2), ack(3, 3), read("n1", 1, 1), readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost postfix", 2L);
    }

    @Test
    void catchesThatEverythingIsLost() {
        Verdict verdict = check(new NoAcknowledgedLoss(), ack(1, 1), ack(2, 2), readEnd("n1", 0, 0));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost postfix", 2L);
    }

    @Test
    void catchesALossThatOnlyOneNodeShows() {
        Verdict verdict = check(
                new NoAcknowledgedLoss(),
                ack(1, 1),
                ack(2, 2),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2),
                read("n2", 1, 1),
                readEnd("n2", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("lost through n2", 1L).doesNotContainKey("lost through n1");
    }

    @Test
    void doesNotJudgeWhatWasLetGoUnseen() {
        Verdict verdict = check(new NoAcknowledgedLoss(), ack(1, 1), ack(2, 2), read("n1", 2, 2), readEnd("n1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
    }

    @Test
    void doesNotJudgeWithoutCompleteReads() {
        Verdict verdict = check(new NoAcknowledgedLoss(), ack(1, 1), read("n1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
    }

    @Test
    void doesNotJudgeAnEmptyHistory() {
        assertThat(check(new NoAcknowledgedLoss()).result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
