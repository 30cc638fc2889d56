package io.rejoin.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * CPU time of the server per delivery: a Rejoin node beside a naive Vert.x broadcast, with the same client program, in turns A B B A.
 *
 * <p>Settings: {@code -Dfanout.sockets}, {@code -Dfanout.seconds}, {@code -Dfanout.warmup}, {@code -Dfanout.rates} (comma-separated
 * publishes per second).
 */
public final class FanOutBenchmark {

    private static final int SOCKETS = Integer.getInteger("fanout.sockets", 1_000);
    private static final int SECONDS = Integer.getInteger("fanout.seconds", 10);
    private static final int WARM_UP = Integer.getInteger("fanout.warmup", 8);
    private static final String RATES = System.getProperty("fanout.rates", "100,1000");
    private static final long READY_SECONDS = 60;

    private final PrintWriter out;
    private final Server rejoin;
    private final Server naive;

    private record Server(String name, int port, long pid) {}

    private record Run(double microsPerDelivery, double deliveriesPerSecond) {}

    private FanOutBenchmark(PrintWriter out, Server rejoin, Server naive) {
        this.out = out;
        this.rejoin = rejoin;
        this.naive = naive;
    }

    /** Runs it and prints the result as Markdown. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        List<Integer> ports = FreePorts.find(5);
        Process node = ChildJvm.startProgram(
                List.of(Path.of("broker-node/bin/rejoin-node").toAbsolutePath().toString()),
                Map.of(
                        "REJOIN_AUTH_MODE",
                        "anonymous",
                        "REJOIN_CLIENT_PORT",
                        ports.get(0).toString(),
                        "REJOIN_ADMISSION_ARRIVALS",
                        "100000",
                        "REJOIN_API_PORT",
                        ports.get(1).toString(),
                        "REJOIN_OPS_PORT",
                        ports.get(2).toString(),
                        "REJOIN_CLUSTER_BIND",
                        "127.0.0.1:" + ports.get(3),
                        "REJOIN_CLUSTER_BUS",
                        "127.0.0.1:" + ports.get(4)),
                Path.of("benchmarks/target/fan-out-node.log"));
        try (ChildJvm naive = ChildJvm.start("naive", NaiveBroadcast.class)) {
            awaitReady(node, ports.get(2));
            int naivePort = Integer.parseInt(naive.await("listening"));
            new FanOutBenchmark(
                            out,
                            new Server("rejoin", ports.get(0), node.pid()),
                            new Server("naive", naivePort, naive.pid()))
                    .run();
        } finally {
            ChildJvm.stop(node);
        }
    }

    private void run() {
        out.print(Machine.describe());
        out.printf(
                Locale.ROOT,
                "- set-up: one server process, %d sockets of one room in one client process, both on this machine, values of"
                        + " 128 bytes, %d s per run after %d s of warm-up; the naive server keeps nothing and skips full"
                        + " sockets%n- load of the machine before: %s%n",
                SOCKETS,
                SECONDS,
                WARM_UP,
                Machine.load());
        for (String rate : RATES.split(",", -1)) {
            compare(Integer.parseInt(rate));
        }
    }

    private void compare(int rate) {
        out.printf(Locale.ROOT, "%n## %,d publishes per second%n%n", rate);
        out.println("| server | µs CPU per delivery | deliveries/s | of asked | cores of server | cores of client |"
                + " publishes held | p50 ms | p99 ms | p99.9 ms | max ms |");
        out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        List<Run> a = new ArrayList<>();
        List<Run> b = new ArrayList<>();
        a.add(measure(rejoin, rate));
        b.add(measure(naive, rate));
        b.add(measure(naive, rate));
        a.add(measure(rejoin, rate));
        out.printf(
                Locale.ROOT,
                "%nnaive / rejoin: CPU per delivery %.2f; rejoin / naive: deliveries per second %.2f%n",
                mean(b, true) / mean(a, true),
                mean(a, false) / mean(b, false));
    }

    private Run measure(Server server, int rate) {
        try (ChildJvm client = ChildJvm.start(
                "client",
                FanOutClient.class,
                "127.0.0.1",
                Integer.toString(server.port()),
                Integer.toString(SOCKETS),
                Integer.toString(rate),
                Integer.toString(WARM_UP),
                Integer.toString(SECONDS))) {
            client.await("start");
            double serverBefore = Machine.cpuSeconds(server.pid());
            String[] end = client.await("end").split(" ", -1);
            double serverCpu = Machine.cpuSeconds(server.pid()) - serverBefore;
            double seconds = Long.parseLong(end[0]) / 1e9;
            long deliveries = Long.parseLong(end[2]);
            Histogram latency = Histograms.decode(end[5]);
            Run run = new Run(serverCpu * 1e6 / Math.max(1, deliveries), deliveries / seconds);
            out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %,.0f | %.0f %% | %.2f | %.2f | %s | %s |%n",
                    server.name(),
                    run.microsPerDelivery(),
                    run.deliveriesPerSecond(),
                    100.0 * run.deliveriesPerSecond() / ((double) rate * SOCKETS),
                    serverCpu / seconds,
                    Long.parseLong(end[4]) / 1e3 / seconds,
                    end[3],
                    Histograms.cells(latency));
            return run;
        }
    }

    private static double mean(List<Run> runs, boolean micros) {
        return runs.stream()
                .mapToDouble(run -> micros ? run.microsPerDelivery() : run.deliveriesPerSecond())
                .average()
                .orElseThrow();
    }

    private static void awaitReady(Process node, int opsPort) {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + opsPort + "/readyz"))
                .build();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
        while (node.isAlive() && System.nanoTime() < end) {
            try {
                if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                    return;
                }
            } catch (IOException e) {
                // Not listening yet.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
        throw new UncheckedIOException(
                new IOException("the node is not ready; see benchmarks/target/fan-out-node.log"));
    }
}
