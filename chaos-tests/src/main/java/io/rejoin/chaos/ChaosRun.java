package io.rejoin.chaos;

import io.rejoin.chaos.checker.Checker;
import io.rejoin.chaos.checker.Contiguity;
import io.rejoin.chaos.checker.NoAcknowledgedLoss;
import io.rejoin.chaos.checker.NoDuplicates;
import io.rejoin.chaos.checker.NothingUnexpected;
import io.rejoin.chaos.checker.RoomOrder;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.client.ChaosSubscriber;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.nemesis.KillInTurn;
import io.rejoin.chaos.node.ProcessCluster;
import io.rejoin.chaos.report.Summary;
import io.rejoin.chaos.workload.AckWatch;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: form, load, faults, heal, quiesce, final reads, check. Prints its seed and where its history is first and last.
 *
 * <p>Threading: one thread.
 */
public final class ChaosRun {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosRun.class);
    private static final Duration FORM_LIMIT = Duration.ofSeconds(90);
    private static final Duration SAFE_LIMIT = Duration.ofSeconds(60);
    private static final Duration QUIESCE_LIMIT = Duration.ofSeconds(40);
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);

    private final Plan plan;
    private final Path directory;
    private final PrintWriter out;

    /**
     * What to do.
     *
     * @param seed of every choice
     * @param nodes planned members
     * @param size of the workload
     * @param rounds least number of rounds; each kills every node once
     * @param atLeast rounds go on until the load has lasted this long
     * @param settings of the nodes, by their environment names; for known-bad clusters, on which a checker has to go red
     */
    public record Plan(
            long seed, int nodes, RoomWorkload.Size size, int rounds, Duration atLeast, Map<String, String> settings) {

        /**
         * The plan that system properties describe: {@code chaos.seed}, {@code chaos.rounds}, {@code chaos.seconds}, {@code
         * chaos.rate} (publishes per second) and {@code chaos.settings} ({@code NAME=VALUE}, comma-separated).
         */
        public static Plan fromProperties() {
            return new Plan(
                    Long.getLong("chaos.seed", System.nanoTime() & 0xffffff),
                    3,
                    new RoomWorkload.Size(20, 6, 6, Integer.getInteger("chaos.rate", 400)),
                    Integer.getInteger("chaos.rounds", 2),
                    Duration.ofSeconds(Integer.getInteger("chaos.seconds", 0)),
                    settings(System.getProperty("chaos.settings", "")));
        }

        private static Map<String, String> settings(String text) {
            Map<String, String> settings = new TreeMap<>();
            for (String setting : text.split(",", -1)) {
                int equals = setting.indexOf('=');
                if (equals > 0) {
                    settings.put(setting.substring(0, equals), setting.substring(equals + 1));
                } else if (!setting.isEmpty()) {
                    throw new IllegalArgumentException("chaos.settings: " + setting + " (expected: NAME=VALUE)");
                }
            }
            return settings;
        }
    }

    /**
     * How it went.
     *
     * @param summary what was counted
     * @param verdicts one per law
     */
    public record Outcome(Summary summary, List<Verdict> verdicts) {

        /** The worst verdict. */
        public Verdict.Result result() {
            return verdicts.stream().map(Verdict::result).reduce(Verdict.Result.VALID, Verdict.Result::and);
        }
    }

    /**
     * Prepares a run.
     *
     * @param directory made by the run; for logs and history
     * @param out for the report
     */
    public ChaosRun(Plan plan, Path directory, PrintWriter out) {
        this.plan = plan;
        this.directory = directory;
        this.out = out;
    }

    /** Runs it all. Exit code 1 when the history is not valid. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        if (args.length == 2 && args[0].equals("check")) {
            System.exit(check(Path.of(args[1]), out).result() == Verdict.Result.VALID ? 0 : 1);
        }
        Plan plan = Plan.fromProperties();
        Outcome outcome = new ChaosRun(plan, Path.of("target/chaos/seed-" + plan.seed()), out).run();
        System.exit(outcome.result() == Verdict.Result.VALID ? 0 : 1);
    }

    /**
     * Runs it.
     *
     * @throws IllegalStateException when the cluster does not form: then there is nothing to check
     */
    public Outcome run() {
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(directory.resolve("history.jsonl"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare " + directory, e);
        }
        Path file = directory.resolve("history.jsonl");
        announce(file);
        AckWatch acks = new AckWatch();
        try (History history = History.create(file, acks::accept);
                ProcessCluster cluster = ProcessCluster.of(plan.nodes(), directory, plan.settings())) {
            Random random = new Random(plan.seed());
            cluster.start(FORM_LIMIT);
            try (RoomWorkload workload =
                    new RoomWorkload(plan.size(), cluster.endpoints(), history, new Random(random.nextLong()))) {
                load(cluster, workload, history, acks, random);
            }
        }
        Outcome outcome = check(file, out);
        announce(file);
        return outcome;
    }

    /** Checks the history of a run. */
    public static Outcome check(Path file, PrintWriter out) {
        Summary summary = new Summary();
        List<Checker> checkers = List.of(
                new NoAcknowledgedLoss(),
                new NoDuplicates(),
                new RoomOrder(),
                new Contiguity(),
                new NothingUnexpected());
        History.replay(file, op -> {
            summary.accept(op);
            checkers.forEach(checker -> checker.accept(op));
        });
        List<Verdict> verdicts = checkers.stream().map(Checker::finish).toList();
        out.print(summary.text());
        for (Verdict verdict : verdicts) {
            out.println(verdict.result() + " " + verdict.law() + " " + verdict.counts());
            verdict.examples().forEach(example -> out.println("    " + example));
        }
        out.flush();
        return new Outcome(summary, verdicts);
    }

    /** What does not come about in time is a finding like others: the run goes on to the reads, and the history is checked. */
    private void load(ProcessCluster cluster, RoomWorkload workload, History history, AckWatch acks, Random random) {
        phase(history, "load");
        workload.start();
        step(history, () -> faults(cluster, workload, history, acks, random));
        phase(history, "quiesce");
        step(history, () -> workload.quiesce(QUIESCE_LIMIT));
        Map<String, Long> heads = acks.heads();
        step(
                history,
                () -> workload.await(
                        () -> workload.subscribers().stream().allMatch(s -> s.reached(heads)),
                        QUIESCE_LIMIT,
                        () -> "subscribers that have not reached " + heads + ": "
                                + workload.subscribers().stream()
                                        .filter(s -> !s.reached(heads))
                                        .map(ChaosSubscriber::positionsText)
                                        .toList()));
        phase(history, "reads");
        step(history, () -> workload.readAll(READ_LIMIT));
    }

    private void faults(ProcessCluster cluster, RoomWorkload workload, History history, AckWatch acks, Random random) {
        long start = System.nanoTime();
        awaitSafe(workload, acks, "after the start");
        KillInTurn kills = new KillInTurn(
                cluster.nodes(), history, random, workload::pending, why -> awaitSafe(workload, acks, why));
        int rounds = 0;
        while (rounds < plan.rounds()
                || System.nanoTime() - start < plan.atLeast().toNanos()) {
            kills.round();
            out.println("round " + ++rounds + " done after " + (System.nanoTime() - start) / 1_000_000_000L + " s");
        }
    }

    private void step(History history, Runnable step) {
        try {
            step.run();
        } catch (IllegalStateException e) {
            LOG.error("step failed", e);
            history.add(at -> new Op.Violation(at, "run", String.valueOf(e.getMessage())));
        }
    }

    /** Until every room has acknowledged a publish that was first sent from now on. */
    private static void awaitSafe(RoomWorkload workload, AckWatch acks, String why) {
        acks.mark();
        Set<String> all = new HashSet<>(workload.rooms());
        workload.await(() -> acks.acknowledged().containsAll(all), SAFE_LIMIT, () -> {
            Set<String> missing = new TreeSet<>(all);
            missing.removeAll(acks.acknowledged());
            return "an ack from every room " + why + "; missing: " + missing;
        });
    }

    private void phase(History history, String name) {
        history.add(at -> new Op.Phase(at, name));
    }

    private void announce(Path file) {
        out.println("chaos seed=" + plan.seed() + " rooms=" + plan.size().rooms() + " publishers="
                + plan.size().publishers() + " subscribers=" + plan.size().subscribers() + " rate="
                + plan.size().publishesPerSecond() + "/s rounds=" + plan.rounds() + " settings=" + plan.settings()
                + " history="
                + file.toAbsolutePath());
        out.flush();
    }
}
