package io.rejoin.benchmarks;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.HdrHistogram.Histogram;

/**
 * Throughput and latency of the replicated log itself: three JVMs as members of one cluster on this machine, 128-byte values over 100 rooms, with and without batches.
 *
 * <p>Settings: {@code -Dappend.seconds}, {@code -Dappend.rooms}, {@code -Dappend.batch}, {@code -Dappend.inflight} (calls in flight
 * per member), {@code -Dappend.publishers} (members that append), {@code -Dappend.copies} (of each room).
 */
public final class AppendBenchmark {

    private static final int MEMBERS = 3;
    private static final int SECONDS = Integer.getInteger("append.seconds", 10);
    private static final int ROOMS = Integer.getInteger("append.rooms", 100);
    private static final int BATCH = Integer.getInteger("append.batch", 64);
    private static final int INFLIGHT = Integer.getInteger("append.inflight", 32);
    private static final int COPIES = Integer.getInteger("append.copies", 3);
    private static final int PUBLISHERS = Integer.getInteger("append.publishers", MEMBERS);

    private final PrintWriter out;
    private final List<ChildJvm> members = new ArrayList<>();

    private AppendBenchmark(PrintWriter out) {
        this.out = out;
    }

    /** Runs it and prints the result as Markdown. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        AppendBenchmark benchmark = new AppendBenchmark(out);
        try {
            benchmark.run();
        } finally {
            benchmark.members.forEach(ChildJvm::close);
        }
    }

    private void run() {
        List<Integer> ports = FreePorts.find(MEMBERS);
        String joined = String.join(",", ports.stream().map(String::valueOf).toList());
        String name = "append-" + UUID.randomUUID();
        String loadBefore = Machine.load();
        for (int i = 0; i < MEMBERS; i++) {
            members.add(ChildJvm.start(
                    "member-" + i,
                    AppendMember.class,
                    Integer.toString(i),
                    joined,
                    name,
                    Integer.toString(ROOMS),
                    Integer.toString(COPIES)));
        }
        members.forEach(member -> member.await("ready"));
        out.print(Machine.describe());
        out.printf(
                Locale.ROOT,
                "- set-up: %d member JVMs on this machine, %d of them append, %d copies, %d rooms, values of 128 bytes,"
                        + " %d calls in flight per appending member (at most one per room), %d s per row after the same"
                        + " warm-up%n- load of the machine before: %s%n%n",
                MEMBERS,
                PUBLISHERS,
                COPIES,
                ROOMS,
                INFLIGHT,
                SECONDS,
                loadBefore);
        out.println(
                "| per append | appends/s | publications/s | p50 ms | p99 ms | p99.9 ms | max ms | µs CPU per append | retries |");
        out.println("|---|---|---|---|---|---|---|---|---|");
        for (int batch : new int[] {1, BATCH}) {
            measure(batch, false);
            measure(batch, true);
        }
    }

    private void measure(int batch, boolean counts) {
        double cpu = cpu();
        long start = System.nanoTime();
        List<ChildJvm> appending = members.subList(0, PUBLISHERS);
        appending.forEach(member -> member.send(batch + " " + INFLIGHT + " " + SECONDS * 1_000L));
        Histogram latency = Histograms.create();
        long appends = 0;
        long publications = 0;
        long retries = 0;
        for (ChildJvm member : appending) {
            String[] result = member.await("result").split(" ", -1);
            appends += Long.parseLong(result[0]);
            publications += Long.parseLong(result[1]);
            retries += Long.parseLong(result[2]);
            latency.add(Histograms.decode(result[3]));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (counts) {
            out.printf(
                    Locale.ROOT,
                    "| %d | %,.0f | %,.0f | %s | %.1f | %d |%n",
                    batch,
                    appends / seconds,
                    publications / seconds,
                    Histograms.cells(latency),
                    (cpu() - cpu) * 1e6 / Math.max(1, appends),
                    retries);
        }
    }

    private double cpu() {
        return members.stream()
                .mapToDouble(member -> Machine.cpuSeconds(member.pid()))
                .sum();
    }
}
