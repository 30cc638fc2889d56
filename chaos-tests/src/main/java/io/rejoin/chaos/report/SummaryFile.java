package io.rejoin.chaos.report;

import io.rejoin.chaos.checker.Verdict;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * A run as {@code summary.json}: what other programs read, {@link Merge} among them. Times are in milliseconds.
 *
 * <p>Threading: one thread.
 */
final class SummaryFile {

    private static final double MICROS_PER_MILLI = 1_000.0;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private SummaryFile() {}

    static JsonObject of(RunFigures figures, List<Verdict> verdicts, RunFacts facts) {
        Verdict.Result result =
                verdicts.stream().map(Verdict::result).reduce(Verdict.Result.VALID, Verdict.Result::and);
        return new JsonObject()
                .put("seed", facts.seed())
                .put("nodes", facts.nodes())
                .put("seconds", figures.nanos() / NANOS_PER_SECOND)
                .put("result", result.name())
                .put("counts", counts(figures, verdicts))
                .put("faults", faults(figures))
                .put(
                        "latency",
                        new JsonObject()
                                .put("ack", latency(figures.latencies().acks()))
                                .put("delivery", latency(figures.latencies().deliveries())))
                .put("resumes", new JsonObject(Map.copyOf(figures.summary().resumes())))
                .put("gaps", new JsonObject(Map.copyOf(figures.summary().gaps())))
                .put("verdicts", verdicts(verdicts))
                .put("settings", new JsonObject(Map.copyOf(facts.settings())))
                .put("versions", new JsonObject(Map.copyOf(facts.versions())))
                .put("repro", facts.repro());
    }

    private static JsonObject counts(RunFigures figures, List<Verdict> verdicts) {
        Summary summary = figures.summary();
        JsonObject lostThrough = new JsonObject();
        verdicts.forEach(verdict -> verdict.counts().forEach((name, count) -> {
            if (name.startsWith("lost through ")) {
                lostThrough.put(name.substring("lost through ".length()), count);
            }
        }));
        long prefix = found(verdicts, "NoAcknowledgedLoss", "lost prefix");
        long middle = found(verdicts, "NoAcknowledgedLoss", "lost middle");
        long postfix = found(verdicts, "NoAcknowledgedLoss", "lost postfix");
        return new JsonObject()
                .put("attempted", summary.count("attempted"))
                .put("acknowledged", summary.count("acknowledged"))
                .put("failed", summary.count("failed"))
                .put("unknown", summary.count("unknown"))
                .put("recovered", summary.count("recovered"))
                .put("resent", summary.count("resent"))
                .put("delivered", summary.count("delivered"))
                .put("lost", prefix + middle + postfix)
                .put("lostPrefix", prefix)
                .put("lostMiddle", middle)
                .put("lostPostfix", postfix)
                .put("lostThrough", lostThrough)
                .put("lostOfCutOff", found(verdicts, "NoAcknowledgedLoss", "lost, acknowledged while cut off"))
                .put("expectedLoss", found(verdicts, "NoAcknowledgedLoss", "expected loss"))
                .put("duplicated", found(verdicts, "NoDuplicates", "two places", "shown twice"))
                .put(
                        "reordered",
                        found(verdicts, "RoomOrder", "publisher reordered", "before its past")
                                + found(verdicts, "Contiguity", "went back"))
                .put("inconsistent", found(verdicts, "RoomOrder", "two values", "two epochs", "two pasts"))
                .put("skipped", found(verdicts, "Contiguity", "silent hole", "silent loss", "newest left out"))
                .put("unseen", found(verdicts, "Contiguity", "not caught up"))
                .put("phantom", found(verdicts, "NothingUnexpected", "never sent", "wrong room", "failed but shown"))
                .put("violations", summary.count("violations"));
    }

    private static long found(List<Verdict> verdicts, String law, String... names) {
        return verdicts.stream()
                .filter(verdict -> verdict.law().equals(law))
                .flatMap(verdict -> verdict.counts().entrySet().stream())
                .filter(entry -> Set.of(names).contains(entry.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private static JsonArray faults(RunFigures figures) {
        JsonArray faults = new JsonArray();
        figures.faults().byName().forEach((name, injections) -> {
            List<Long> inFlight = new ArrayList<>();
            List<Long> firstAcks = new ArrayList<>();
            List<Long> withoutAnswer = new ArrayList<>();
            long nanos = 0;
            for (FaultLog.Injection injection : injections) {
                inFlight.add((long) injection.start.inFlight());
                nanos += injection.nanos(figures.nanos());
                if (injection.firstAckNanos >= 0) {
                    firstAcks.add(injection.firstAckNanos / NANOS_PER_MILLI);
                }
                injection.withoutAnswer.values().forEach(n -> withoutAnswer.add(n / NANOS_PER_MILLI));
            }
            faults.add(new JsonObject()
                    .put("fault", name)
                    .put("injections", injections.size())
                    .put("seconds", nanos / NANOS_PER_SECOND)
                    .put("inFlight", new JsonArray(inFlight))
                    .put("firstAck", quantiles(firstAcks))
                    .put("withoutAnswer", quantiles(withoutAnswer)));
        });
        return faults;
    }

    private static JsonObject quantiles(List<Long> numbers) {
        return new JsonObject()
                .put("p50", Percentiles.of(numbers, 50))
                .put("p95", Percentiles.of(numbers, 95))
                .put("max", Percentiles.of(numbers, 100));
    }

    private static JsonObject latency(Latencies.Split split) {
        return new JsonObject().put("inside", latency(split.inside)).put("outside", latency(split.outside));
    }

    private static JsonObject latency(Histogram micros) {
        return new JsonObject()
                .put("count", micros.getTotalCount())
                .put("p50", micros.getValueAtPercentile(50) / MICROS_PER_MILLI)
                .put("p99", micros.getValueAtPercentile(99) / MICROS_PER_MILLI)
                .put("p999", micros.getValueAtPercentile(99.9) / MICROS_PER_MILLI)
                .put("max", micros.getMaxValue() / MICROS_PER_MILLI);
    }

    private static JsonArray verdicts(List<Verdict> verdicts) {
        JsonArray array = new JsonArray();
        verdicts.forEach(verdict -> array.add(new JsonObject()
                .put("law", verdict.law())
                .put("result", verdict.result().name())
                .put("counts", new JsonObject(Map.copyOf(verdict.counts())))));
        return array;
    }
}
