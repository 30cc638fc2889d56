package io.rejoin.chaos.report;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Several runs as two Markdown tables: one line per run, and one per kind of fault over all of them.
 *
 * <p>Threading: one thread.
 */
public final class Merge {

    private static final double SECONDS_PER_MINUTE = 60;
    private static final List<String> COUNTS = List.of(
            "attempted",
            "acknowledged",
            "unknown",
            "lost",
            "expectedLoss",
            "duplicated",
            "reordered",
            "inconsistent",
            "phantom");

    private Merge() {}

    /**
     * The tables of runs that are on disk.
     *
     * @param paths {@code summary.json} files, or directories that have such anywhere below
     * @throws UncheckedIOException when one cannot be read
     */
    public static String of(List<Path> paths) {
        return table(paths.stream().flatMap(Merge::summaries).map(Merge::read).toList());
    }

    /** The tables of runs, each as in its {@code summary.json}. */
    static String table(List<JsonObject> runs) {
        StringBuilder out = new StringBuilder();
        out.append("| seed | nodes | minutes | ");
        COUNTS.forEach(name ->
                out.append(name.equals("expectedLoss") ? "expected loss" : name).append(" | "));
        out.append("verdict |\n|--:|--:|--:|")
                .append("--:|".repeat(COUNTS.size()))
                .append("---|\n");
        runs.stream()
                .sorted(Comparator.comparing((JsonObject run) -> run.getInteger("nodes"))
                        .thenComparing(run -> run.getLong("seed")))
                .forEach(run -> line(out, run));
        if (runs.size() > 1) {
            total(out, runs);
        }
        out.append('\n');
        faults(out, runs);
        return out.toString();
    }

    private static void line(StringBuilder out, JsonObject run) {
        JsonObject counts = run.getJsonObject("counts");
        out.append("| ")
                .append(run.getLong("seed"))
                .append(" | ")
                .append(run.getInteger("nodes"))
                .append(" | ")
                .append(minutes(run.getLong("seconds")))
                .append(" | ");
        COUNTS.forEach(name -> out.append(thousands(counts.getLong(name))).append(" | "));
        out.append(run.getString("result")).append(" |\n");
    }

    private static void total(StringBuilder out, List<JsonObject> runs) {
        long valid = runs.stream()
                .filter(run -> run.getString("result").equals("VALID"))
                .count();
        out.append("| all | | ")
                .append(minutes(
                        runs.stream().mapToLong(run -> run.getLong("seconds")).sum()))
                .append(" | ");
        COUNTS.forEach(name -> out.append(thousands(runs.stream()
                        .mapToLong(run -> run.getJsonObject("counts").getLong(name))
                        .sum()))
                .append(" | "));
        out.append(valid).append(" of ").append(runs.size()).append(" VALID |\n");
    }

    private static void faults(StringBuilder out, List<JsonObject> runs) {
        Map<String, Kind> kinds = new TreeMap<>();
        for (JsonObject run : runs) {
            JsonArray faults = run.getJsonArray("faults");
            for (int i = 0; i < faults.size(); i++) {
                JsonObject fault = faults.getJsonObject(i);
                kinds.computeIfAbsent(fault.getString("fault"), f -> new Kind()).add(fault);
            }
        }
        out.append("| fault | runs | injections | seconds | in flight: min / median / max | of them 0 |"
                + " longest room without answer, ms |\n|---|--:|--:|--:|--:|--:|--:|\n");
        kinds.forEach((name, kind) -> out.append("| ")
                .append(name)
                .append(" | ")
                .append(kind.runs)
                .append(" | ")
                .append(thousands(kind.inFlight.size()))
                .append(" | ")
                .append(thousands(kind.seconds))
                .append(" | ")
                .append(Percentiles.of(kind.inFlight, 0))
                .append(" / ")
                .append(Percentiles.of(kind.inFlight, 50))
                .append(" / ")
                .append(Percentiles.of(kind.inFlight, 100))
                .append(" | ")
                .append(thousands(kind.inFlight.stream().filter(n -> n == 0).count()))
                .append(" | ")
                .append(thousands(kind.longest))
                .append(" |\n"));
    }

    private static Stream<Path> summaries(Path path) {
        if (!Files.isDirectory(path)) {
            return Stream.of(path);
        }
        try (Stream<Path> files = Files.walk(path)) {
            List<Path> found =
                    files.filter(file -> file.endsWith("summary.json")).sorted().toList();
            return found.stream();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + path, e);
        }
    }

    private static JsonObject read(Path file) {
        try {
            return new JsonObject(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " (expected: a summary.json)", e);
        }
    }

    private static String minutes(long seconds) {
        return String.format(Locale.ROOT, "%.1f", seconds / SECONDS_PER_MINUTE);
    }

    private static String thousands(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** One kind of fault over all runs. */
    private static final class Kind {
        final List<Long> inFlight = new ArrayList<>();
        int runs;
        long seconds;
        long longest;

        void add(JsonObject fault) {
            runs++;
            seconds += fault.getLong("seconds");
            fault.getJsonArray("inFlight").forEach(n -> inFlight.add(((Number) n).longValue()));
            longest = Math.max(longest, fault.getJsonObject("withoutAnswer").getLong("max"));
        }
    }
}
