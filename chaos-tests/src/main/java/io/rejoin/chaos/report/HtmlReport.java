package io.rejoin.chaos.report;

import io.rejoin.chaos.checker.Verdict;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A run as one page that needs nothing but itself; what it links to lies beside it.
 *
 * <p>Threading: one thread.
 */
final class HtmlReport {

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private final RunFigures figures;
    private final List<Verdict> verdicts;
    private final RunFacts facts;
    private final JsonObject summary;
    private final StringBuilder out = new StringBuilder();

    HtmlReport(RunFigures figures, List<Verdict> verdicts, RunFacts facts, JsonObject summary) {
        this.figures = figures;
        this.verdicts = verdicts;
        this.facts = facts;
        this.summary = summary;
    }

    /**
     * The page.
     *
     * @param files names of files that lie beside it
     */
    String write(List<String> files) {
        head();
        counts();
        timeline();
        verdicts();
        faults();
        latencies();
        resumes();
        run(files);
        return out.append("</body></html>\n").toString();
    }

    private void head() {
        String result = summary.getString("result");
        out.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\"")
                .append(" content=\"width=device-width, initial-scale=1\"><title>Chaos run ")
                .append(facts.seed())
                .append(": ")
                .append(result)
                .append("</title><style>\n")
                .append(css())
                .append("</style></head><body><h1>Chaos run, seed ")
                .append(facts.seed())
                .append(": <span class=\"result ")
                .append(result)
                .append("\">")
                .append(result)
                .append("</span></h1><p class=\"muted\">")
                .append(facts.nodes() > 0 ? facts.nodes() + " nodes, " : "")
                .append(summary.getLong("seconds"))
                .append(" s, ")
                .append(figures.faults().all().size())
                .append(" faults of ")
                .append(figures.faults().byName().size())
                .append(" kinds</p>\n");
    }

    private void counts() {
        JsonObject counts = summary.getJsonObject("counts");
        out.append("<dl class=\"counts\">");
        for (String name : List.of(
                "attempted",
                "acknowledged",
                "failed",
                "unknown",
                "recovered",
                "lost",
                "duplicated",
                "reordered",
                "inconsistent",
                "skipped",
                "unseen",
                "phantom")) {
            tile(name, counts.getLong(name));
        }
        if (counts.getLong("expectedLoss") > 0) {
            tile("expected loss", counts.getLong("expectedLoss"));
        }
        out.append(
                        "</dl>\n<p class=\"muted\">Unknown: nobody told the publisher what became of it; recovered: it turned up nevertheless. Lost: ")
                .append(counts.getLong("lostPrefix"))
                .append(" before what survived, ")
                .append(counts.getLong("lostMiddle"))
                .append(" between, ")
                .append(counts.getLong("lostPostfix"))
                .append(" after it");
        JsonObject through = counts.getJsonObject("lostThrough");
        if (!through.isEmpty()) {
            out.append("; by node: ").append(Html.escape(through.encode()));
        }
        out.append(". Failed, which is no loss: ")
                .append(counts.getLong("failed"))
                .append(".</p>\n");
    }

    private void tile(String name, long count) {
        out.append("<div><dt>")
                .append(name)
                .append("</dt><dd>")
                .append(thousands(count))
                .append("</dd></div>");
    }

    private void timeline() {
        out.append("<h2>Timeline</h2><figure>")
                .append(new TimelineChart(figures).draw())
                .append(
                        "<figcaption>Bands are faults. Latencies stand where they ended, on a logarithmic scale, and include all resends and")
                .append(
                        " reconnects. A room owes an answer from the first publish without outcome, or its last ack, to its next ack.")
                .append("</figcaption></figure>\n");
    }

    private void verdicts() {
        out.append("<h2>Verdicts</h2>");
        for (Verdict verdict : verdicts) {
            out.append("<details")
                    .append(verdict.result() == Verdict.Result.VALID ? "" : " open")
                    .append("><summary><span class=\"result ")
                    .append(verdict.result())
                    .append("\">")
                    .append(verdict.result())
                    .append("</span> ")
                    .append(verdict.law())
                    .append("</summary><p class=\"muted\">")
                    .append(Html.escape(text(verdict.counts())))
                    .append("</p>");
            if (!verdict.examples().isEmpty()) {
                out.append("<pre>")
                        .append(Html.escape(String.join("\n", verdict.examples())))
                        .append("</pre>");
            }
            out.append("</details>\n");
        }
    }

    private void faults() {
        out.append("<h2>Faults</h2>");
        List<List<String>> rows = new ArrayList<>();
        JsonArray faults = summary.getJsonArray("faults");
        for (int i = 0; i < faults.size(); i++) {
            JsonObject fault = faults.getJsonObject(i);
            List<Long> inFlight = fault.getJsonArray("inFlight").stream()
                    .map(n -> ((Number) n).longValue())
                    .toList();
            rows.add(List.of(
                    fault.getString("fault"),
                    thousands(fault.getLong("injections")),
                    thousands(fault.getLong("seconds")),
                    Percentiles.of(inFlight, 0) + " / " + Percentiles.of(inFlight, 50) + " / "
                            + Percentiles.of(inFlight, 100),
                    quantiles(fault.getJsonObject("firstAck")),
                    quantiles(fault.getJsonObject("withoutAnswer"))));
        }
        out.append(Html.table(
                "By kind. The first ack is that of a publish sent after the injection, in any room; without an answer is the longest time of"
                        + " each room with load, per injection.",
                List.of(
                        "fault",
                        "injections",
                        "seconds",
                        "in flight: min / median / max",
                        "first ack, ms: p50 / p95 / max",
                        "room without answer, ms: p50 / p95 / max"),
                rows,
                true));
        List<List<String>> each = new ArrayList<>();
        for (FaultLog.Injection injection : figures.faults().all()) {
            long longest = injection.withoutAnswer.values().stream()
                    .mapToLong(Long::longValue)
                    .max()
                    .orElse(0);
            each.add(List.of(
                    injection.start.fault(),
                    String.join(", ", injection.start.nodes()),
                    String.format(Locale.ROOT, "%.1f", injection.start.at() / NANOS_PER_SECOND),
                    String.format(Locale.ROOT, "%.1f", injection.nanos(figures.nanos()) / NANOS_PER_SECOND),
                    Integer.toString(injection.start.inFlight()),
                    injection.firstAckNanos < 0 ? "none" : thousands(injection.firstAckNanos / NANOS_PER_MILLI),
                    thousands(longest / NANOS_PER_MILLI)));
        }
        out.append("<details><summary>Each of them</summary>")
                .append(Html.table(
                        "In their order",
                        List.of(
                                "fault",
                                "targets",
                                "at, s",
                                "for, s",
                                "in flight",
                                "first ack, ms",
                                "longest room without answer, ms"),
                        each,
                        true))
                .append("</details>\n");
    }

    private void latencies() {
        out.append("<h2>Latencies</h2>");
        List<List<String>> rows = new ArrayList<>();
        JsonObject latency = summary.getJsonObject("latency");
        for (String kind : List.of("ack", "delivery")) {
            for (String side : List.of("outside", "inside")) {
                JsonObject quantiles = latency.getJsonObject(kind).getJsonObject(side);
                rows.add(List.of(
                        "publish to " + kind + ", " + (side.equals("inside") ? "while a fault lasted" : "else"),
                        thousands(quantiles.getLong("count")),
                        millis(quantiles.getDouble("p50")),
                        millis(quantiles.getDouble("p99")),
                        millis(quantiles.getDouble("p999")),
                        millis(quantiles.getDouble("max"))));
            }
        }
        out.append(Html.table(
                "In milliseconds, from the first sending, over all resends and reconnects. Deliveries count once for each client, and only of what was"
                        + " sent after it had joined.",
                List.of("", "count", "p50", "p99", "p99.9", "max"),
                rows,
                true));
    }

    private void resumes() {
        out.append("<h2>Reconnects and resumes</h2>");
        List<List<String>> rows = new ArrayList<>();
        figures.summary().resumes().forEach((name, count) -> rows.add(List.of(name, thousands(count))));
        figures.summary().gaps().forEach((name, count) -> rows.add(List.of("gap " + name, thousands(count))));
        out.append(Html.table("Welcomes, joins with a position, and gaps", List.of("outcome", "count"), rows, true));
    }

    private void run(List<String> files) {
        out.append("<h2>Run</h2>");
        if (!facts.repro().isEmpty()) {
            out.append("<p>The same again:</p><pre>")
                    .append(Html.escape(facts.repro()))
                    .append("</pre>");
        }
        List<List<String>> rows = new ArrayList<>();
        facts.versions().forEach((name, value) -> rows.add(List.of(name, value)));
        facts.settings().forEach((name, value) -> rows.add(List.of(name, value)));
        out.append(Html.table("Versions and settings", List.of("name", "value"), rows, false));
        out.append("<p>Files:");
        for (String file : files) {
            out.append(" <a href=\"")
                    .append(Html.escape(file))
                    .append("\">")
                    .append(Html.escape(file))
                    .append("</a>");
        }
        out.append("</p>\n");
    }

    private static String text(Map<String, Long> counts) {
        List<String> parts = new ArrayList<>();
        counts.forEach((name, count) -> parts.add(name + ' ' + thousands(count)));
        return String.join(", ", parts);
    }

    private static String quantiles(JsonObject millis) {
        return thousands(millis.getLong("p50")) + " / " + thousands(millis.getLong("p95")) + " / "
                + thousands(millis.getLong("max"));
    }

    private static String thousands(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String millis(double number) {
        return String.format(Locale.ROOT, "%,.1f", number);
    }

    private static String css() {
        try (InputStream css = HtmlReport.class.getResourceAsStream("report.css")) {
            if (css == null) {
                throw new IllegalStateException("report.css is not on the class path (expected: beside HtmlReport)");
            }
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read report.css", e);
        }
    }
}
