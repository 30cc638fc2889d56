package io.rejoin.chaos.report;

import io.rejoin.chaos.checker.Checkers;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.history.History;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A history, checked and told: one pass over it gives all verdicts and figures, and three files beside it.
 *
 * <p>Threading: immutable.
 *
 * @param summary what was counted
 * @param verdicts one per law
 * @param html the page {@code report.html}
 */
public record RunReport(Summary summary, List<Verdict> verdicts, Path html) {

    /**
     * Checks a history and writes {@code report.html}, {@code summary.json} and {@code summary.md} into its directory.
     *
     * @throws UncheckedIOException when the history cannot be read or a file not be written
     */
    public static RunReport of(Path history, RunFacts facts) {
        RunFigures figures = new RunFigures();
        Checkers checkers = Checkers.all(facts.heapLimit());
        History.replay(history, op -> {
            figures.accept(op);
            checkers.accept(op);
        });
        figures.finish();
        List<Verdict> verdicts = checkers.finish();
        JsonObject summary = SummaryFile.of(figures, verdicts, facts);
        Path html = history.resolveSibling("report.html");
        try {
            List<String> files = Stream.concat(Stream.of(history.getFileName().toString(), "summary.json"), logs(html))
                    .toList();
            Files.writeString(html, new HtmlReport(figures, verdicts, facts, summary).write(files));
            Files.writeString(history.resolveSibling("summary.json"), summary.encodePrettily() + "\n");
            Files.writeString(history.resolveSibling("summary.md"), Merge.table(List.of(summary)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + html, e);
        }
        return new RunReport(figures.summary(), verdicts, html);
    }

    /** The worst verdict. */
    public Verdict.Result result() {
        return verdicts.stream().map(Verdict::result).reduce(Verdict.Result.VALID, Verdict.Result::and);
    }

    /** Logs of nodes that lie beside a file. */
    private static Stream<String> logs(Path beside) throws IOException {
        try (Stream<Path> files = Files.list(beside.toAbsolutePath().resolveSibling(""))) {
            List<String> logs = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".log"))
                    .sorted()
                    .toList();
            return logs.stream();
        }
    }
}
