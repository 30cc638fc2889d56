package io.rejoin.chaos.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real node and clients that read too little or send too much, over real sockets. */
class FlowIT {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void nodeNeitherGrowsNorDelaysOthersWhateverClientsDo() {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

        FlowRun run = new FlowRun(FlowPlan.fromProperties(), Path.of("target", "flow"), out);

        assertThat(run.run()).isEmpty();
    }
}
