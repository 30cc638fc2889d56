package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.ack;
import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.delivery;
import static io.rejoin.chaos.checker.Histories.fail;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class NothingUnexpectedTest {

    @Test
    void acceptsWhatWasSent() {
        Verdict verdict =
                check(new NothingUnexpected(), send(1), send(2), delivery("s#1", 1, 1), ack(1, 1), read("n1", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatAPublishOfUnknownOutcomeTurnsUp() {
        Verdict verdict = check(
                new NothingUnexpected(),
                send(1),
                new Op.Unknown(0, "p", "r", "p.1", 1, "new session"),
                delivery("s#1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsAFailedPublishThatIsNeverShown() {
        assertThat(check(new NothingUnexpected(), send(1), fail(1)).result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesWhatWasNeverSent() {
        Verdict verdict = check(new NothingUnexpected(), send(1), delivery("s#1", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("never sent", 1L);
    }

    @Test
    void catchesWhatIsShownBeforeItIsSent() {
        Verdict verdict = check(new NothingUnexpected(), delivery("s#1", 1, 1), send(1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesAPublicationInTheWrongRoom() {
        Verdict verdict = check(new NothingUnexpected(), send(1), new Op.Delivery(0, "s#1", "q", at(1), "p.1"));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("wrong room", 1L);
    }

    @Test
    void catchesAFailedPublishThatIsShownLater() {
        Verdict verdict = check(new NothingUnexpected(), send(1), fail(1), read("n1", 1, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("failed but shown", 1L);
    }

    @Test
    void catchesAFailureOfWhatWasShown() {
        Verdict verdict = check(new NothingUnexpected(), send(1), delivery("s#1", 1, 1), fail(1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void catchesWhatAClientReported() {
        Verdict verdict = check(new NothingUnexpected(), send(1), new Op.Violation(0, "p", "closed with 4503"));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }
}
