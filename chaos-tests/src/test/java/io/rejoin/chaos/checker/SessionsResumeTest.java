package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.doubleKill;
import static io.rejoin.chaos.checker.Histories.welcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SessionsResumeTest {

    private static SessionsResume law() {
        return new SessionsResume(Duration.ofSeconds(10));
    }

    @Test
    void acceptsAResumeWithinTheWindow() {
        Verdict verdict = check(law(), welcome(0, "c", false, false), welcome(9_000, "c", true, true));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("resumed", 1L);
    }

    @Test
    void acceptsThatASessionIsForgottenAfterItsWindow() {
        Verdict verdict = check(law(), welcome(0, "c", false, false), welcome(10_000, "c", true, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatASessionIsForgottenWhenAllCopiesDied() {
        Verdict verdict = check(law(), welcome(0, "c", false, false), doubleKill(), welcome(1_000, "c", true, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesASessionThatIsForgottenTooEarly() {
        Verdict verdict = check(law(), welcome(0, "c", false, false), welcome(9_000, "c", true, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("forgotten", 1L);
    }

    @Test
    void catchesASessionThatIsForgottenWhileItWasConnected() {
        Verdict verdict = check(
                law(),
                welcome(0, "c", false, false),
                new Op.Delivery(60_000_000_000L, "c#1", "r", new Point("e", 1), "p.1"),
                welcome(61_000, "c", true, false));

        assertThat(verdict.counts()).containsEntry("forgotten", 1L);
    }

    @Test
    void acceptsANewSessionWhenAllCopiesDied() {
        Verdict verdict = check(
                law(), welcome(0, "c", false, false), doubleKill(), new Op.Welcome(1, "c", "n1", true, false, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("not resumed", 1L);
    }

    @Test
    void catchesASessionThatLosesItsId() {
        Verdict verdict = check(law(), welcome(0, "c", false, false), new Op.Welcome(1, "c", "n1", true, false, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("id lost", 1L);
    }

    @Test
    void catchesAResumeOfAnotherSessionAlsoWhenAllCopiesDied() {
        Verdict verdict = check(
                law(), welcome(0, "c", false, false), doubleKill(), new Op.Welcome(1, "c", "n1", true, true, false));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("resumed another", 1L);
    }

    @Test
    void catchesAResumeThatNobodyAskedFor() {
        Verdict verdict = check(law(), welcome(0, "c", false, true));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void doesNotJudgeAnEmptyHistory() {
        assertThat(check(law()).result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
