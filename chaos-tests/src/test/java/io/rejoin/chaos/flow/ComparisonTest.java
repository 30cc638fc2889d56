package io.rejoin.chaos.flow;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final MachineWatch.Reading QUIET = new MachineWatch.Reading(0.2, 5);
    private static final MachineWatch.Reading SHARED = new MachineWatch.Reading(0.6, 5);
    private static final MachineWatch.Reading STALLED = new MachineWatch.Reading(0.1, 80);

    private final Comparison comparison = new Comparison(3);
    private final Report report = new Report("test");

    private static Comparison.Phase phase(long millis, MachineWatch.Reading machine) {
        Histogram delays = new Histogram(3);
        delays.recordValue(millis * 1_000);
        return new Comparison.Phase(delays, machine);
    }

    @Test
    void judgesByTheMedianOfPairs() {
        comparison.add(phase(100, QUIET), phase(150, QUIET));
        comparison.add(phase(10, QUIET), phase(90, QUIET));
        comparison.add(phase(2, QUIET), phase(3, QUIET));

        comparison.tell(report, "show", "", 0);

        assertThat(comparison.wantsMore()).isFalse();
        assertThat(report.broken()).isEmpty();
    }

    @Test
    void breaksTheBoundWhenMostPairsDo() {
        comparison.add(phase(10, QUIET), phase(30, QUIET));
        comparison.add(phase(10, QUIET), phase(10, QUIET));
        comparison.add(phase(10, QUIET), phase(30, QUIET));

        comparison.tell(report, "show", "", 0);

        assertThat(report.broken()).containsExactly("show: p99 with : without 3.00 (expected: <= 2.0)");
    }

    @Test
    void takesWhatIsGoodAnywayForGood() {
        comparison.add(phase(1, QUIET), phase(20, QUIET));
        comparison.add(phase(1, QUIET), phase(20, QUIET));

        comparison.tell(report, "show", "", 25);

        assertThat(report.broken()).isEmpty();
    }

    @Test
    void wantsAnotherPairForOneThatTheMachineDisturbed() {
        comparison.add(phase(10, QUIET), phase(30, QUIET));
        comparison.add(phase(30, SHARED), phase(10, QUIET));
        comparison.add(phase(10, QUIET), phase(10, STALLED));
        boolean wantedMore = comparison.wantsMore();
        comparison.add(phase(10, QUIET), phase(30, QUIET));

        comparison.tell(report, "show", "", 0);

        assertThat(wantedMore).isTrue();
        assertThat(comparison.wantsMore()).isTrue();
        assertThat(report.broken()).containsExactly("show: p99 with : without 3.00 (expected: <= 2.0)");
    }

    @Test
    void judgesWhatWasDisturbedSteadily() {
        comparison.add(phase(10, SHARED), phase(30, SHARED));
        comparison.add(phase(10, SHARED), phase(30, SHARED));

        comparison.tell(report, "show", "", 0);

        assertThat(report.broken()).containsExactly("show: p99 with : without 3.00 (expected: <= 2.0)");
    }

    @Test
    void judgesAllPairsOfAMachineThatIsNeverQuietAndSaysSo() {
        comparison.add(phase(10, QUIET), phase(10, QUIET));
        for (int i = 0; i < 5; i++) {
            comparison.add(phase(10, QUIET), phase(30, SHARED));
        }

        comparison.tell(report, "show", "", 0);

        assertThat(comparison.wantsMore()).isFalse();
        assertThat(report.broken())
                .containsExactly(
                        "show: p99 with : without, on a machine that is too busy to tell 3.00 (expected: <= 2.0)");
    }
}
