package io.rejoin.chaos.report;

import static io.rejoin.chaos.report.Runs.ack;
import static io.rejoin.chaos.report.Runs.fault;
import static io.rejoin.chaos.report.Runs.figures;
import static io.rejoin.chaos.report.Runs.healed;
import static io.rejoin.chaos.report.Runs.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergeTest {

    private static JsonObject run(long seed, int nodes, String result, int inFlight) {
        RunFigures figures = figures(
                send(0, "r", 1),
                fault(100, 1, "kill", inFlight),
                ack(1_500, "r", 1),
                healed(30_100, 1, "kill"),
                fault(40_000, 2, "freeze", inFlight + 1),
                healed(60_000, 2, "freeze"));
        return SummaryFile.of(figures, List.of(), Runs.facts())
                .put("seed", seed)
                .put("nodes", nodes)
                .put("result", result);
    }

    @Test
    void hasALinePerRunAndOnePerFault() {
        String table = Merge.table(List.of(run(9, 5, "VALID", 4), run(3, 3, "INVALID", 0), run(4, 3, "VALID", 2_000)));

        assertThat(table).isEqualTo("""
                        | seed | nodes | minutes | attempted | acknowledged | unknown | lost | expected loss | duplicated | reordered | inconsistent | phantom | verdict |
                        |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
                        | 3 | 3 | 1.0 | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | INVALID |
                        | 4 | 3 | 1.0 | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | VALID |
                        | 9 | 5 | 1.0 | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | VALID |
                        | all | | 3.0 | 3 | 3 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 2 of 3 VALID |

                        | fault | runs | injections | seconds | in flight: min / median / max | of them 0 | longest room without answer, ms |
                        |---|--:|--:|--:|--:|--:|--:|
                        | freeze | 3 | 3 | 60 | 1 / 5 / 2001 | 0 | 0 |
                        | kill | 3 | 3 | 90 | 0 / 4 / 2000 | 1 | 1,500 |
                        """);
    }

    @Test
    void findsTheSummariesBelowADirectory(@TempDir Path directory) throws IOException {
        Files.createDirectories(directory.resolve("seed-3"));
        Files.writeString(
                directory.resolve("seed-3/summary.json"), run(3, 3, "VALID", 1).encode());
        Files.writeString(
                directory.resolve("summary.json"), run(4, 3, "VALID", 1).encode());

        assertThat(Merge.of(List.of(directory))).contains("| 3 | 3 | 1.0 |", "| 4 | 3 | 1.0 |", "2 of 2 VALID");
    }

    @Test
    void hasNoTotalOfOneRun() {
        assertThat(Merge.table(List.of(run(3, 3, "VALID", 1)))).doesNotContain("| all |");
    }
}
