package io.rejoin.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class RunReportTest {

    @TempDir
    Path directory;

    private RunReport report;

    @BeforeEach
    void writeAHistoryWithALossAndReportIt() throws IOException {
        Path file = directory.resolve("history.jsonl");
        Point first = new Point("e", 1);
        Point second = new Point("e", 2);
        try (History history = History.create(file, op -> {})) {
            history.add(at -> new Op.Phase(at, "load"));
            history.add(at -> new Op.Welcome(at, "s", "n1", false, false, false));
            history.add(at -> new Op.Joined(at, "s#1", "a<b", Point.START, new Point("e", 0), "resumed", null));
            history.add(at -> new Op.Memory(at, "n1", 200L << 20));
            history.add(at -> new Op.Send(at, "p", "a<b", "p.1", 1, false));
            history.add(at -> new Op.Ack(at, "p", "a<b", "p.1", 1, first, "n1"));
            history.add(at -> new Op.Delivery(at, "s#1", "a<b", first, "p.1"));
            history.add(at -> new Op.FaultStart(at, 1, "kill-random", List.of("n2"), 3));
            history.add(at -> new Op.Send(at, "p", "a<b", "p.2", 2, false));
            history.add(at -> new Op.Ack(at, "p", "a<b", "p.2", 2, second, "n1"));
            history.add(at -> new Op.FaultEnd(at, 1, "kill-random", List.of("n2")));
            history.add(at -> new Op.Phase(at, "heal"));
            history.add(at -> new Op.Memory(at, "n1", 210L << 20));
            history.add(at -> new Op.Phase(at, "reads"));
            history.add(at -> new Op.Read(at, "n1", "a<b", first, "p.1"));
            history.add(at -> new Op.ReadEnd(at, "n1", "a<b", 0, first));
        }
        Files.writeString(directory.resolve("n1.log"), "started");
        report = RunReport.of(file, Runs.facts());
    }

    @Test
    void hasTheVerdictOfEveryLaw() {
        assertThat(report.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(report.verdicts())
                .extracting(Verdict::law)
                .containsExactly(
                        "NoAcknowledgedLoss",
                        "NoDuplicates",
                        "RoomOrder",
                        "Contiguity",
                        "ReadsAgree",
                        "SessionsResume",
                        "NothingUnexpected",
                        "BoundedMemory");
    }

    @Test
    void writesWhatOtherProgramsRead() throws IOException {
        JsonObject summary = new JsonObject(Files.readString(directory.resolve("summary.json")));

        assertThat(summary.getString("result")).isEqualTo("INVALID");
        assertThat(summary.getJsonObject("counts").getLong("lostPostfix")).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("summary.md")))
                .contains("| 7 | 3 | 0.0 | 2 | 2 |", "| INVALID |");
    }

    @Test
    void writesAPageThatStandsAlone() throws IOException {
        String page = Files.readString(report.html());

        assertThat(page)
                .contains("seed 7", "INVALID", "lost postfix", "make chaos CHAOS=&quot;-Dchaos.seed=7&quot;")
                .contains("<a href=\"history.jsonl\">", "<a href=\"n1.log\">", "a&lt;b")
                .doesNotContain("<script", "src=", "@import", "a<b");
    }

    @Test
    void drawsAPictureThatHasWords() throws Exception {
        String page = Files.readString(report.html());
        String picture = page.substring(page.indexOf("<svg"), page.indexOf("</svg>") + "</svg>".length());

        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(picture)))
                        .getElementsByTagName("desc")
                        .item(0)
                        .getTextContent())
                .startsWith("1 faults of 1 kinds");
    }
}
