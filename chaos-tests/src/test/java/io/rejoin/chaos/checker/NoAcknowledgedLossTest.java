package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static io.rejoin.chaos.checker.Histories.send;
import static org.assertj.core.api.Assertions.assertThat;

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
        assertThat(verdict.examples()).singleElement().asString().contains("through n2");
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
