package io.rejoin.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.checker.Verdict;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three real nodes, each in a network namespace of its own, under one fault of each sort; {@code make chaos} does more of it. */
class ChaosIT {

    private static final List<String> NEMESES = List.of("kill-owner", "pause-bursts", "isolate-one", "kill-copy");

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void losesRepeatsAndReordersNothingUnderFaults() {
        ChaosRun.Plan plan = new ChaosRun.Plan(5, 3, ChaosRun.Plan.usualSize(300), NEMESES, Duration.ZERO, Map.of());
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

        ChaosRun.Outcome outcome = new ChaosRun(plan, Path.of("target", "chaos", "gate"), out).run();

        assertThat(outcome.verdicts())
                .allSatisfy(verdict -> assertThat(verdict.result())
                        .as("%s %s %s", verdict.law(), verdict.counts(), verdict.examples())
                        .isEqualTo(Verdict.Result.VALID));
        // One node at a time is within what the cluster tolerates: nothing that a client saw may be void.
        assertThat(outcome.summary().gaps()).doesNotContainKey("epoch");
        assertThat(outcome.summary().count("unknown")).isZero();
    }
}
