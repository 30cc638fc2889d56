package io.rejoin.chaos.mutants;

import io.rejoin.chaos.ChaosRun;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.workload.RoomWorkload;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Shows that the checkers bite: runs each mutant under the faults that provoke it, seed after seed, until a checker goes red; and the node
 * as it is under the same faults with the same seeds, which has to be valid.
 *
 * <p>Exit code 0 when each mutant was caught and the node was not, 1 when a mutant escaped or the node was found guilty, 2 for wrong
 * arguments.
 *
 * <p>Threading: one thread.
 */
@Command(
        name = "chaos-tests/teeth",
        description = "Runs nodes with planted faults until the checkers find them.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
public final class Teeth implements Callable<Integer> {

    private static final int NODES = 3;
    private static final int ROOMS = 12;
    private static final int PUBLISHERS = 6;
    private static final int SUBSCRIBERS = 6;
    private static final int HOT = 4;
    private static final String CONTROL = "control";
    private static final long CONTROL_SCHEDULES = 2_000;

    @Option(names = "--mutant", split = ",", description = "Only these; what is known of others stays in the table.")
    private List<String> names = List.of();

    @Option(names = "--seed", description = "Of the first run of each mutant (default: ${DEFAULT-VALUE}).")
    private long firstSeed = 1;

    @Option(names = "--seeds", description = "Most runs of each mutant (default: ${DEFAULT-VALUE}).")
    private int seeds = 5;

    @Option(names = "--seconds", description = "How long faults go on in each run (default: ${DEFAULT-VALUE}).")
    private long seconds = 15;

    @Option(names = "--rate", description = "Publishes per second of all clients (default: ${DEFAULT-VALUE}).")
    private int rate = 400;

    @Option(names = "--no-controls", description = "Do not run the node as it is.")
    private boolean withoutControls;

    @Option(
            names = "--no-mutants",
            description = "Run the node as it is alone, with the seeds that mutants needed before.")
    private boolean withoutMutants;

    @Option(
            names = "--schedules",
            description = "Most schedules of each mutant in the simulation; 0 for none (default: ${DEFAULT-VALUE}).")
    private long schedules = 20_000;

    @Option(names = "--page", description = "Where the table goes (default: chaos-tests/target/teeth/teeth.md).")
    private Path page = Path.of("");

    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    private final Path home = BrokerProcess.home();
    private final Path directory = home.resolve("chaos-tests/target/teeth");
    private final Path known = directory.resolve("known");

    /** Runs what the arguments say. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Teeth()).execute(args));
    }

    @Override
    public Integer call() {
        List<Mutant> chosen = chosen();
        prepare();
        if (!withoutMutants) {
            MutantBuild build = MutantBuild.againstNode(home);
            chosen.forEach(mutant -> {
                Path java = build.build(mutant, directory.resolve("built").resolve(mutant.name()));
                simulate(mutant, java);
                bite(mutant, java);
            });
        }
        if (!withoutControls) {
            simulateControl();
            chosen.stream().map(Mutant::nemesis).distinct().forEach(this::control);
        }
        TeethTable table = new TeethTable(Mutants.all(), known(), controls(), simulated());
        write(table);
        List<String> faults = new ArrayList<>();
        table.escaped().forEach(name -> faults.add("escaped: " + name));
        table.unproven().forEach(nemesis -> faults.add("not valid without a mutant: " + nemesis));
        Simulated.read(known, CONTROL)
                .filter(Simulated::isRed)
                .ifPresent(control -> faults.add("not valid without a mutant: " + control));
        faults.forEach(out::println);
        return faults.isEmpty() ? 0 : 1;
    }

    private List<Mutant> chosen() {
        for (String name : names) {
            if (Mutants.all().stream().noneMatch(mutant -> mutant.name().equals(name))) {
                throw new IllegalArgumentException("mutant=" + name + " (expected: one of "
                        + Mutants.all().stream().map(Mutant::name).toList() + ")");
            }
        }
        return Mutants.all().stream()
                .filter(mutant -> names.isEmpty() || names.contains(mutant.name()))
                .toList();
    }

    private void prepare() {
        try {
            Files.createDirectories(known);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + known, e);
        }
    }

    private void simulate(Mutant mutant, Path java) {
        if (schedules > 0 && Simulated.isPossible(mutant, home)) {
            Path log = directory.resolve(mutant.name() + "-simulation.log");
            Simulated simulated = Simulated.run(mutant, java, home, schedules, log);
            simulated.write(known);
            out.println("teeth " + mutant.name() + " " + simulated);
        }
    }

    /** As many schedules as the mutant needed that was found last, and some more. */
    private void simulateControl() {
        long needed = simulated().values().stream()
                .filter(Simulated::isRed)
                .mapToLong(Simulated::schedules)
                .max()
                .orElse(0);
        if (schedules > 0 && needed > 0) {
            long most = Math.max(needed, Math.min(schedules, CONTROL_SCHEDULES));
            Simulated control = Simulated.runAsItIs(CONTROL, home, most, directory.resolve("control-simulation.log"));
            control.write(known);
            out.println("teeth " + control);
        }
    }

    private void bite(Mutant mutant, Path java) {
        Bite all = null;
        for (long seed = firstSeed; seed < firstSeed + seeds && (all == null || !all.isRed()); seed++) {
            Bite one = run(mutant.name(), mutant.nemesis(), seed, Map.of("JAVA_HOME", java.toString()));
            all = all == null ? one : one.after(all);
            all.write(known);
        }
    }

    /** With every seed that a mutant needed. */
    private void control(String nemesis) {
        String name = controlName(nemesis);
        long last = Mutants.all().stream()
                .filter(mutant -> mutant.nemesis().equals(nemesis))
                .flatMap(mutant -> Bite.read(known, mutant.name()).stream())
                .mapToLong(Bite::lastSeed)
                .max()
                .orElse(firstSeed);
        Bite all = null;
        for (long seed = firstSeed; seed <= last && (all == null || all.isValid()); seed++) {
            Bite one = run(name, nemesis, seed, Map.of());
            all = all == null ? one : one.after(all);
            all.write(known);
        }
    }

    private Bite run(String name, String nemesis, long seed, Map<String, String> java) {
        ChaosRun.Plan plan = new ChaosRun.Plan(
                seed,
                NODES,
                new RoomWorkload.Size(ROOMS, PUBLISHERS, SUBSCRIBERS, rate, HOT, 0),
                List.of(nemesis),
                Duration.ofSeconds(seconds),
                java,
                false);
        long start = System.nanoTime();
        List<Verdict> verdicts = new ChaosRun(plan, directory.resolve(name + "-" + seed), out)
                .run()
                .verdicts();
        Bite bite = Bite.of(name, seed, (System.nanoTime() - start) / 1_000_000_000L, verdicts);
        out.println("teeth " + name + " nemesis=" + nemesis + " seed=" + seed + " " + bite.result() + " " + bite.laws()
                + " after " + bite.seconds() + " s " + bite.example());
        return bite;
    }

    private Map<String, Bite> known() {
        Map<String, Bite> bites = new LinkedHashMap<>();
        Mutants.all()
                .forEach(mutant -> Bite.read(known, mutant.name()).ifPresent(bite -> bites.put(mutant.name(), bite)));
        return bites;
    }

    private Map<String, Bite> controls() {
        Map<String, Bite> controls = new TreeMap<>();
        Mutants.all()
                .forEach(mutant -> Bite.read(known, controlName(mutant.nemesis()))
                        .ifPresent(bite -> controls.put(mutant.nemesis(), bite)));
        return controls;
    }

    private Map<String, Simulated> simulated() {
        Map<String, Simulated> simulated = new TreeMap<>();
        Mutants.all()
                .forEach(mutant ->
                        Simulated.read(known, mutant.name()).ifPresent(found -> simulated.put(mutant.name(), found)));
        return simulated;
    }

    private static String controlName(String nemesis) {
        return CONTROL + '-' + nemesis;
    }

    private void write(TeethTable table) {
        String text = """
                # Teeth, %s

                Nodes with a planted fault, three of each, under the same workload, faults and checkers as `make chaos`: seed after seed from %d on, until a
                checker went red. Generated by `make teeth`; times are of whole runs, forming and reading included, on a machine with %d processors.

                %s
                ## What was seen first

                %s
                ## The node as it is

                The same faults with the same seeds%s.

                %s
                """.formatted(
                LocalDate.now(ZoneOffset.UTC),
                firstSeed,
                Runtime.getRuntime().availableProcessors(),
                table.mutantRows(),
                table.examples(),
                Simulated.read(known, CONTROL)
                        .map(control -> "; the simulation, %d schedules: %s"
                                .formatted(control.schedules(), control.isRed() ? control.invariant() : "valid"))
                        .orElse(""),
                table.controlRows());
        Path file = Optional.of(page).filter(path -> !path.toString().isEmpty()).orElse(directory.resolve("teeth.md"));
        try {
            Files.writeString(file, text.stripTrailing() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        out.println("table " + file.toAbsolutePath());
    }
}
