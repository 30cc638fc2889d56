package io.rejoin.chaos.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many clients of three real nodes while the nodes are restarted in turn, and while one is killed. */
class StormIT {

    private static StormRun run(String show) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        return new StormRun(StormRun.Plan.fromProperties(show), Path.of("target", "storm"), out);
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void everyClientGoesOnExactlyWhereItWasThroughARollingRestart() {
        assertThat(run("restart").rollingRestart()).isEmpty();
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void everyClientGoesOnExactlyWhereItWasAfterANodeWasKilled() {
        assertThat(run("kill").kill()).isEmpty();
    }
}
