package io.rejoin.chaos.report;

import static io.rejoin.chaos.report.Runs.ack;
import static io.rejoin.chaos.report.Runs.fault;
import static io.rejoin.chaos.report.Runs.figures;
import static io.rejoin.chaos.report.Runs.healed;
import static io.rejoin.chaos.report.Runs.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.checker.Checkers;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SummaryFileTest {

    private static JsonObject counts(Op... ops) {
        Checkers checkers = Checkers.all(0);
        List.of(ops).forEach(checkers::accept);
        return SummaryFile.of(figures(ops), checkers.finish(), Runs.facts()).getJsonObject("counts");
    }

    private static Op.Read read(String node, int offset, int n) {
        return new Op.Read(0, node, "r", new Point("e", offset), "p." + n);
    }

    private static Op.ReadEnd readEnd(String node, int head) {
        return new Op.ReadEnd(0, node, "r", 0, new Point("e", head));
    }

    @Test
    void splitsWhatIsLost() {
        JsonObject counts = counts(
                send(1, "r", 1),
                send(1, "r", 2),
                send(1, "r", 3),
                send(1, "r", 4),
                send(1, "r", 5),
                ack(2, "r", 1),
                ack(2, "r", 2),
                ack(2, "r", 3),
                ack(2, "r", 4),
                ack(2, "r", 5),
                read("n1", 2, 2),
                read("n1", 4, 4),
                readEnd("n1", 4));

        assertThat(counts.getLong("lost")).isEqualTo(3);
        assertThat(counts.getLong("lostPrefix")).isEqualTo(1);
        assertThat(counts.getLong("lostMiddle")).isEqualTo(1);
        assertThat(counts.getLong("lostPostfix")).isEqualTo(1);
        assertThat(counts.getJsonObject("lostThrough").getLong("n1")).isEqualTo(3);
    }

    @Test
    void countsWhatIsTwiceInTheWrongOrderOrFromNowhere() {
        JsonObject counts = counts(
                send(1, "r", 1),
                send(1, "r", 2),
                read("n1", 1, 2),
                read("n1", 2, 1),
                read("n1", 3, 1),
                read("n1", 4, 9),
                readEnd("n1", 4));

        assertThat(counts.getLong("duplicated")).isEqualTo(1);
        assertThat(counts.getLong("reordered")).isEqualTo(2);
        assertThat(counts.getLong("phantom")).isEqualTo(1);
    }

    @Test
    void tellsWhatEachKindOfFaultDid() {
        RunFigures figures = figures(
                send(0, "r", 1),
                fault(1_000, 1, "kill", 1),
                ack(2_000, "r", 1),
                send(2_100, "r", 2),
                ack(2_200, "r", 2),
                healed(3_000, 1, "kill"),
                fault(4_000, 2, "kill", 9),
                healed(6_000, 2, "kill"));

        JsonArray faults = SummaryFile.of(figures, List.of(), Runs.facts()).getJsonArray("faults");

        assertThat(faults).containsExactly(new JsonObject("""
                        {"fault":"kill","injections":2,"seconds":4,"inFlight":[1,9],
                         "firstAck":{"p50":1200,"p95":1200,"max":1200},
                         "withoutAnswer":{"p50":2000,"p95":2000,"max":2000}}
                        """));
    }

    @Test
    void hasTheWorstVerdict() {
        Verdict valid = new Verdict("A", Verdict.Result.VALID, new TreeMap<>(), List.of());
        Verdict unknown = new Verdict("B", Verdict.Result.UNKNOWN, new TreeMap<>(), List.of());

        JsonObject summary = SummaryFile.of(figures(), List.of(valid, unknown, valid), Runs.facts());

        assertThat(summary.getString("result")).isEqualTo("UNKNOWN");
    }
}
