package io.rejoin.chaos;

import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.client.Tokens;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.nemesis.Nemeses;
import io.rejoin.chaos.nemesis.Nemesis;
import io.rejoin.chaos.nemesis.Scene;
import io.rejoin.chaos.nemesis.Schedule;
import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.net.Network;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import io.rejoin.chaos.report.RunFacts;
import io.rejoin.chaos.report.RunReport;
import io.rejoin.chaos.report.Summary;
import io.rejoin.chaos.workload.AckWatch;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: form, load, faults, heal, quiesce, reads, reads after the kill of each node, check. Prints its seed, where its history is and how
 * to repeat it, first and last.
 *
 * <p>Threading: one thread.
 */
public final class ChaosRun {

    private static final Logger LOG = LoggerFactory.getLogger(ChaosRun.class);
    private static final Duration FORM_LIMIT = Duration.ofSeconds(90);
    private static final Duration QUIESCE_LIMIT = Duration.ofSeconds(60);
    private static final Duration READ_LIMIT = Duration.ofSeconds(90);
    private static final int CLIENT_GROUPS = 3;
    private static final int SPARE_NODES = 2;

    /** What a client does not hear is told within seconds, so that links that fail silently are noticed between faults. */
    private static final Map<String, String> SETTINGS = Map.of(
            "REJOIN_HEARTBEAT_INTERVAL", "4s",
            "REJOIN_HEARTBEAT_TIMEOUT", "4s",
            "REJOIN_DRAIN_LINGER", "2s",
            // Known, so that the memory of nodes can be held against it.
            // The quick compiler alone lets five nodes start on few processors.
            "JAVA_OPTS", "-Xms128m -Xmx384m -XX:TieredStopAtLevel=1");

    /** Known to everybody; it is good for the run's own nodes only. */
    private static final String SECRET = "the secret that nodes and clients of a run share";

    private static final Duration TOKEN_LIFETIME = Duration.ofSeconds(20);

    private static final String CONFIGURATION = """
            rooms:
              "%s":
                class: conflated
            """.formatted(RoomWorkload.CONFLATED);

    private final Plan plan;
    private final Path directory;
    private final PrintWriter out;

    /**
     * What to do.
     *
     * @param seed of every choice
     * @param nodes planned members
     * @param size of the workload
     * @param nemeses names of what strikes, or {@code mixed}
     * @param load how long faults go on; each nemesis strikes at least once, unless they are mixed
     * @param settings of the nodes, by their environment names; also for known-bad clusters, on which a checker has to go red
     * @param killsAtEnd whether, after the reads, each node is killed in turn and all rooms are read through the others
     */
    public record Plan(
            long seed,
            int nodes,
            RoomWorkload.Size size,
            List<String> nemeses,
            Duration load,
            Map<String, String> settings,
            boolean killsAtEnd) {

        /** With kills at the end. */
        public Plan(
                long seed,
                int nodes,
                RoomWorkload.Size size,
                List<String> nemeses,
                Duration load,
                Map<String, String> settings) {
            this(seed, nodes, size, nemeses, load, settings, true);
        }

        /** Copies what may change, and checks the names. */
        public Plan {
            nemeses = List.copyOf(nemeses);
            settings = new TreeMap<>(settings);
            if (nodes < 3) {
                throw new IllegalArgumentException("nodes=" + nodes + " (expected: at least 3, to outlive one)");
            }
            if (Nemeses.of(nemeses).isEmpty()) {
                throw new IllegalArgumentException("no nemesis (expected: names, or " + Nemeses.MIXED + ")");
            }
        }

        /** The usual workload. */
        public static RoomWorkload.Size usualSize(int publishesPerSecond) {
            return new RoomWorkload.Size(20, 6, 8, publishesPerSecond, 4, 3);
        }

        private boolean isMixed() {
            return nemeses.contains(Nemeses.MIXED);
        }

        /** The command that repeats it. */
        public String command() {
            return "chaos-tests/run --seed " + seed + " --nodes " + nodes + " --seconds " + load.toSeconds()
                    + " --rate " + size.publishesPerSecond() + " --nemesis " + String.join(",", nemeses)
                    + settings.entrySet().stream()
                            .map(setting -> " --set " + setting.getKey() + '=' + setting.getValue())
                            .collect(Collectors.joining());
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

    /**
     * Runs it.
     *
     * @throws IllegalStateException when the kernel does not offer a fault that is asked for, or the cluster does not form: then there is
     *     nothing to check
     */
    public Outcome run() {
        Path file = directory.resolve("history.jsonl");
        Path configuration = directory.resolve("rejoin.yaml").toAbsolutePath();
        try {
            Files.createDirectories(directory);
            Files.deleteIfExists(file);
            for (String node : names()) {
                Files.deleteIfExists(directory.resolve(node + ".log"));
            }
            Files.writeString(configuration, CONFIGURATION);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare " + directory, e);
        }
        announce(file);
        AckWatch acks = new AckWatch();
        Map<String, String> settings = new TreeMap<>(SETTINGS);
        Tokens tokens = plan.isMixed() ? new Tokens(SECRET, TOKEN_LIFETIME) : null;
        if (tokens != null) {
            Path secret = directory.resolve("secret").toAbsolutePath();
            tokens.share(secret);
            settings.put("REJOIN_AUTH_MODE", "jwt");
            settings.put("REJOIN_AUTH_JWT_SECRET_FILE", secret.toString());
            settings.put("REJOIN_AUTH_DEFAULT_GRANTS", "*=all");
        }
        settings.putAll(plan.settings());
        try (History history = History.create(file, acks::accept);
                Network network = Network.make(names(), CLIENT_GROUPS);
                ProcessCluster cluster = ProcessCluster.in(
                        network, plan.nodes(), directory, settings, List.of("--config", configuration.toString()));
                Cleanup cleanup = new Cleanup(cluster, network)) {
            cleanup.arm();
            probe(network);
            phase(history, "form");
            cluster.start(FORM_LIMIT);
            try (RoomWorkload workload = new RoomWorkload(
                            "",
                            plan.size(),
                            cluster.endpoints(),
                            network.groups(),
                            tokens,
                            history,
                            new Random(plan.seed()));
                    MemoryWatch memory = MemoryWatch.of(cluster, history)) {
                memory.start();
                play(new Scene(cluster, network, workload, history, acks), cluster, workload, memory, history, acks);
            }
        }
        Outcome outcome = check(file, facts(settings), out);
        announce(file);
        return outcome;
    }

    /** Checks the history of a run, and writes its report beside it. */
    public static Outcome check(Path file, RunFacts facts, PrintWriter out) {
        RunReport report = RunReport.of(file, facts);
        out.print(report.summary().text());
        for (Verdict verdict : report.verdicts()) {
            out.println(verdict.result() + " " + verdict.law() + " " + verdict.counts());
            verdict.examples().forEach(example -> out.println("    " + example));
        }
        out.println("report  " + report.html());
        out.flush();
        return new Outcome(report.summary(), report.verdicts());
    }

    private RunFacts facts(Map<String, String> settings) {
        return new RunFacts(
                plan.seed(),
                plan.nodes(),
                settings,
                RunFacts.environment(),
                plan.command(),
                RunFacts.heapLimit(settings.getOrDefault("JAVA_OPTS", "")));
    }

    /** What does not come about in time is a finding like others: the run goes on to the reads, and the history is checked. */
    private void play(
            Scene scene,
            ProcessCluster cluster,
            RoomWorkload workload,
            MemoryWatch memory,
            History history,
            AckWatch acks) {
        phase(history, "load");
        workload.start();
        step(history, () -> scene.awaitSafe("after the start"));
        phase(history, "faults");
        Schedule schedule = new Schedule(scene, Nemeses.of(plan.nemeses()), plan.isMixed(), plan.seed());
        schedule.run(plan.load(), step -> step(history, step));
        phase(history, "heal");
        step(history, scene::heal);
        step(history, () -> scene.awaitSafe("after all faults"));
        phase(history, "quiesce");
        quiesce(workload, history, acks);
        // Up to the first kill there may be less time than between two of the watch's own looks.
        step(history, memory::measure);
        phase(history, "reads");
        step(history, () -> workload.readAll(READ_LIMIT));
        for (BrokerProcess node : plan.killsAtEnd() ? cluster.nodes() : List.<BrokerProcess>of()) {
            step(history, () -> readWithout(node, scene, cluster, workload, history, acks));
        }
        if (plan.killsAtEnd()) {
            phase(history, "reads after all kills");
            step(history, () -> workload.readAll(READ_LIMIT));
        }
    }

    private void quiesce(RoomWorkload workload, History history, AckWatch acks) {
        step(history, () -> workload.quiesce(QUIESCE_LIMIT));
        step(history, () -> workload.awaitCaughtUp(acks.heads(), QUIESCE_LIMIT));
    }

    /** What one node held alone would be gone now; the copies of all others are read instead. */
    private void readWithout(
            BrokerProcess node,
            Scene scene,
            ProcessCluster cluster,
            RoomWorkload workload,
            History history,
            AckWatch acks) {
        node.kill();
        phase(history, "reads after kill of " + node.name());
        List<String> survivors = cluster.nodes().stream()
                .filter(other -> other != node)
                .map(BrokerProcess::name)
                .toList();
        step(history, () -> workload.readThrough(survivors, READ_LIMIT));
        phase(history, "heal after kill of " + node.name());
        workload.load();
        step(history, () -> {
            scene.heal();
            scene.awaitSafe("after the kill of " + node.name());
        });
        phase(history, "quiesce after kill of " + node.name());
        quiesce(workload, history, acks);
    }

    private void step(History history, Runnable step) {
        try {
            step.run();
        } catch (IllegalStateException e) {
            LOG.error("step failed", e);
            history.add(at -> new Op.Violation(at, "run", String.valueOf(e.getMessage())));
        }
    }

    /** Tells what this kernel offers, and fails when something is missing that a nemesis needs. */
    private void probe(Network network) {
        Map<Facility, String> offered = Facility.probe(network);
        offered.forEach((facility, missing) ->
                out.println("fault " + facility + ": " + (missing.isEmpty() ? "offered" : "MISSING, " + missing)));
        List<String> lacking = new ArrayList<>();
        for (Nemesis nemesis : Nemeses.of(plan.nemeses())) {
            nemesis.needs().stream()
                    .filter(facility -> !offered.getOrDefault(facility, "").isEmpty())
                    .forEach(facility -> lacking.add(nemesis.text() + " needs " + facility));
        }
        if (!lacking.isEmpty()) {
            throw new IllegalStateException("faults that this kernel does not offer: " + lacking
                    + " (expected: offered, or other ones asked for by --nemesis)");
        }
    }

    private List<String> names() {
        return IntStream.rangeClosed(1, plan.nodes() + SPARE_NODES)
                .mapToObj(i -> "n" + i)
                .toList();
    }

    private void phase(History history, String name) {
        LOG.info("phase={}", name);
        history.add(at -> new Op.Phase(at, name));
    }

    private void announce(Path file) {
        out.println("chaos seed=" + plan.seed() + " nodes=" + plan.nodes() + " nemeses=" + plan.nemeses() + " rooms="
                + plan.size().rooms() + " publishers=" + plan.size().publishers() + " subscribers="
                + plan.size().subscribers() + " rate=" + plan.size().publishesPerSecond() + "/s settings=" + SETTINGS
                + plan.settings());
        out.println("history " + file.toAbsolutePath());
        out.println("repeat  " + plan.command());
        out.flush();
    }

    /** Ends nodes and takes the network away also when the run is interrupted. */
    private static final class Cleanup implements AutoCloseable {

        private final Thread hook;

        Cleanup(ProcessCluster cluster, Network network) {
            hook = new Thread(
                    () -> {
                        cluster.close();
                        network.close();
                    },
                    "chaos-cleanup");
        }

        void arm() {
            Runtime.getRuntime().addShutdownHook(hook);
        }

        @Override
        public void close() {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException ending) {
                LOG.debug("the hook itself does it cause={}", ending.toString());
            }
        }
    }
}
