package io.rejoin.chaos.flow;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Shows, one after the other, that no client makes a node grow or delays others. Prints its seed first and last, a table per show, and
 * writes all figures to {@code result.md} and {@code result.json}.
 *
 * <p>Threading: one thread.
 */
public final class FlowRun {

    private static final List<Show> SHOWS = List.of(
            StuckMembers.durable(), StuckMembers.conflated(), new EphemeralRoom(), new Throttled(), new Floods());

    private final FlowPlan plan;
    private final Path directory;
    private final PrintWriter out;

    /**
     * Prepares a run.
     *
     * @param directory made by the run; for results, configurations and logs
     * @param out for the tables
     */
    public FlowRun(FlowPlan plan, Path directory, PrintWriter out) {
        this.plan = plan;
        this.directory = directory;
        this.out = out;
    }

    /** Runs what system properties describe. Exit code 1 when a bound is broken. */
    public static void main(String[] args) {
        FlowPlan plan = FlowPlan.fromProperties();
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        System.exit(new FlowRun(plan, Path.of("target/flow"), out).run().isEmpty() ? 0 : 1);
    }

    /**
     * Runs it.
     *
     * @return the bounds that were broken
     */
    public List<String> run() {
        String title = "flow " + plan;
        out.println(title);
        Report report = new Report(title);
        for (Show show : SHOWS) {
            if (plan.shows().isEmpty() || plan.shows().contains(show.name())) {
                run(show, report);
            }
        }
        out.println(title + " result=" + directory.resolve("result.md").toAbsolutePath());
        out.flush();
        return report.broken();
    }

    /** What does not come about in time is a broken bound like others: the shows behind it run all the same. */
    private void run(Show show, Report report) {
        long start = System.nanoTime();
        try {
            show.run(plan, new Random(plan.seed()), directory.resolve(show.name()), report);
        } catch (IllegalStateException e) {
            report.require(
                    show.name(), "ended early", e + (e.getCause() == null ? "" : ", " + e.getCause()), "no", false);
        }
        report.tell(show.name(), "seconds", (System.nanoTime() - start) / 1_000_000_000L);
        report.print(show.name(), out);
        report.write(directory);
    }
}
