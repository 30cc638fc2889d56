package io.rejoin.chaos;

import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.nemesis.Nemeses;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.report.Merge;
import io.rejoin.chaos.report.RunFacts;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code chaos-tests/run}. Exit code 0 when the history is valid, 1 when it is not, 2 when there was no run. */
@Command(
        name = "chaos-tests/run",
        description = "Runs a cluster of real nodes under faults, and checks what its clients saw.",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true)
public final class ChaosCommand implements Callable<Integer> {

    @Option(names = "--seed", description = "Of every choice; a random one when not given.")
    private long seed = System.nanoTime() & 0xffffff;

    @Option(names = "--runs", description = "How many runs, each with the next seed (default: ${DEFAULT-VALUE}).")
    private int runs = 1;

    @Option(
            names = "--nodes",
            split = ",",
            description = "Planned members; of several numbers the runs take one after the other (default: 3).")
    private List<Integer> nodes = List.of(3);

    @Option(names = "--seconds", description = "How long faults go on (default: ${DEFAULT-VALUE}).")
    private long seconds = 120;

    @Option(names = "--rate", description = "Publishes per second of all clients (default: ${DEFAULT-VALUE}).")
    private int rate = 400;

    @Option(
            names = "--nemesis",
            split = ",",
            description = "What strikes, in this order, or mixed (default: ${DEFAULT-VALUE}).")
    private List<String> nemeses = List.of(Nemeses.MIXED);

    @Option(names = "--set", description = "A setting of all nodes, NAME=VALUE by its environment name.")
    private Map<String, String> settings = new TreeMap<>();

    @Option(names = "--directory", description = "For history and logs (default: below chaos-tests/target/chaos).")
    private Path directory = Path.of("");

    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

    /** Runs what the arguments say. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new ChaosCommand()).execute(args));
    }

    @Override
    public Integer call() {
        List<Path> directories = new ArrayList<>();
        int worst = 0;
        for (int run = 0; run < runs; run++) {
            long itsSeed = seed + run;
            int itsNodes = nodes.get(run % nodes.size());
            ChaosRun.Plan plan = new ChaosRun.Plan(
                    itsSeed, itsNodes, ChaosRun.Plan.usualSize(rate), nemeses, Duration.ofSeconds(seconds), settings);
            Path where = runs == 1 && !directory.toString().isEmpty()
                    ? directory
                    : parent().resolve("seed-" + itsSeed + "-nodes-" + itsNodes);
            worst = Math.max(worst, code(new ChaosRun(plan, where, out).run()));
            directories.add(where);
        }
        if (runs > 1) {
            out.print(Merge.of(directories));
            out.println(worst == 0 ? "all runs valid" : "not all runs valid");
            out.flush();
        }
        return worst;
    }

    private Path parent() {
        return directory.toString().isEmpty() ? BrokerProcess.home().resolve("chaos-tests/target/chaos") : directory;
    }

    @Command(name = "check", description = "Checks the history of an earlier run once more.")
    int check(@Parameters(paramLabel = "FILE", description = "Its history.jsonl.") Path file) {
        return code(ChaosRun.check(file, RunFacts.unknown(), out));
    }

    @Command(name = "merge", description = "Prints the results of several runs as tables in Markdown.")
    int merge(
            @Parameters(
                            paramLabel = "PATH",
                            arity = "1..*",
                            description = "summary.json files, or directories with such.")
                    List<Path> paths) {
        out.print(Merge.of(paths));
        out.flush();
        return 0;
    }

    @Command(name = "nemeses", description = "Lists what may strike.")
    int nemeses() {
        Nemeses.all().forEach(nemesis -> out.println(nemesis.text()));
        return 0;
    }

    private static int code(ChaosRun.Outcome outcome) {
        return outcome.result() == Verdict.Result.VALID ? 0 : 1;
    }
}
