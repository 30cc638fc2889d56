package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.at;
import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.phase;
import static io.rejoin.chaos.checker.Histories.read;
import static io.rejoin.chaos.checker.Histories.readEnd;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class ReadsAgreeTest {

    @Test
    void acceptsEqualReadsThroughAllNodesAndSurvivors() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("reads"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                read("n2", 1, 1),
                readEnd("n2", 0, 1),
                phase("reads after kill of n2"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("compared", 2L);
    }

    @Test
    void acceptsALogThatGrowsBetweenPhases() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("reads"),
                read("n1", at("e", 1), 1),
                readEnd("n1", 0, at("e", 1)),
                phase("reads after kill of n2"),
                read("n1", at("e", 1), 1),
                read("n1", at("f", 2), 2),
                readEnd("n1", 0, at("f", 2)));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsALogThatLetsTheOldestGoByItsAge() {
        Verdict verdict = check(
                new ReadsAgree(),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2),
                read("n2", 2, 2),
                readEnd("n2", 1, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void acceptsThatALogGrowsUnderReadsBeforeTheEnd() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("faults"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                read("n2", 1, 1),
                read("n2", 2, 2),
                readEnd("n2", 0, 2),
                phase("reads"),
                readEnd("n1", 2, 2),
                readEnd("n2", 2, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesNodesThatEndTheLogDifferently() {
        Verdict verdict = check(new ReadsAgree(), read("n1", 1, 1), readEnd("n1", 0, 1), readEnd("n2", 0, 0));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("two heads", 1L);
    }

    @Test
    void catchesNodesThatShowDifferentValues() {
        Verdict verdict =
                check(new ReadsAgree(), read("n1", 1, 1), readEnd("n1", 0, 1), read("n2", 1, 2), readEnd("n2", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("differs", 1L);
    }

    @Test
    void catchesNodesThatShowAnotherEpoch() {
        Verdict verdict = check(
                new ReadsAgree(),
                read("n1", at("d", 1), 1),
                read("n1", at("f", 2), 2),
                readEnd("n1", 0, at("f", 2)),
                read("n2", at("e", 1), 1),
                read("n2", at("f", 2), 2),
                readEnd("n2", 0, at("f", 2)));

        assertThat(verdict.counts()).containsEntry("differs", 1L);
    }

    @Test
    void catchesASurvivorThatShowsLess() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("reads"),
                read("n1", 1, 1),
                read("n1", 2, 2),
                readEnd("n1", 0, 2),
                phase("reads after kill of n2"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("shorter", 1L);
    }

    @Test
    void catchesASurvivorThatShowsAnotherValue() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("reads"),
                read("n1", 1, 1),
                readEnd("n1", 0, 1),
                phase("reads after kill of n2"),
                read("n1", 1, 2),
                read("n1", 2, 3),
                readEnd("n1", 0, 2));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.examples()).singleElement().asString().contains("p.2 at e:1", "p.1 at e:1");
    }

    @Test
    void catchesAHoleInARead() {
        Verdict verdict = check(new ReadsAgree(), read("n1", 1, 1), read("n1", 3, 3), readEnd("n1", 0, 3));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("hole in a read", 1L);
    }

    @Test
    void catchesAReadThatBeginsLaterThanItSays() {
        Verdict verdict = check(new ReadsAgree(), read("n1", 3, 3), readEnd("n1", 1, 3));

        assertThat(verdict.counts()).containsEntry("hole in a read", 1L);
    }

    @Test
    void catchesAReadThatEndsBeforeTheHead() {
        Verdict verdict = check(new ReadsAgree(), read("n1", 1, 1), readEnd("n1", 0, 2));

        assertThat(verdict.counts()).containsEntry("short read", 1L);
    }

    @Test
    void doesNotJudgeWhatWasReadOnce() {
        Verdict verdict = check(new ReadsAgree(), read("n1", 1, 1), readEnd("n1", 0, 1));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
    }

    @Test
    void doesNotJudgeARoomThatASurvivorWasNotAskedFor() {
        Verdict verdict = check(
                new ReadsAgree(),
                phase("reads"),
                readEnd("n1", 0, 0),
                readEnd("n2", 0, 0),
                new Op.ReadEnd(0, "n1", "q", 0, at(0)),
                new Op.ReadEnd(0, "n2", "q", 0, at(0)),
                phase("reads after kill of n2"),
                readEnd("n1", 0, 0));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
        assertThat(verdict.examples()).singleElement().asString().contains("[q] through n1");
    }

    @Test
    void doesNotJudgeAnEmptyHistory() {
        assertThat(check(new ReadsAgree()).result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
