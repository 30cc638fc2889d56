package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Thousands of clients of three nodes while the nodes are restarted one after the other, or one is killed. Shows that every client ends
 * resumed where it was, that nothing was lost, duplicated or reordered, and how the others were arrived at.
 *
 * <p>Threading: one thread.
 */
public final class StormRun {

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration SETTLE_LIMIT = Duration.ofMinutes(2);
    private static final int ROOMS = 20;
    private static final int BIN_MS = 100;
    private static final long SLOWEST_MS = 2_000;

    private final Plan plan;
    private final Path directory;
    private final PrintWriter out;
    private final Report report;
    private final List<Clients> clients = new ArrayList<>();

    /**
     * How large a run is.
     *
     * @param seed of every choice
     * @param clients of all processes together
     * @param processes of clients
     * @param publishesPerSecond per room
     * @param drainRate clients per second that a leaving node sends elsewhere
     * @param arrivals per second that a node admits
     * @param timed whether times have bounds, too: on a machine that nothing else disturbs
     */
    public record Plan(
            long seed,
            int clients,
            int processes,
            double publishesPerSecond,
            int drainRate,
            int arrivals,
            boolean timed) {

        private static final int SMALL = 200;
        private static final int LARGE_RESTART = 3_000;
        private static final int LARGE_KILL = 5_000;

        /**
         * The plan that system properties describe: {@code storm.size} ({@code small} or {@code large}), {@code storm.seed}, {@code
         * storm.clients}, {@code storm.processes}, {@code storm.publishes}, {@code storm.drain-rate} and {@code storm.arrivals}.
         */
        public static Plan fromProperties(String show) {
            boolean large = System.getProperty("storm.size", "small").equals("large");
            int clients = show.equals("kill") ? LARGE_KILL : LARGE_RESTART;
            return new Plan(
                    Long.getLong("storm.seed", System.nanoTime() & 0xffffff),
                    Integer.getInteger("storm.clients", large ? clients : SMALL),
                    Integer.getInteger("storm.processes", large ? 3 : 2),
                    Integer.getInteger("storm.publishes", 2),
                    Integer.getInteger("storm.drain-rate", 100),
                    Integer.getInteger("storm.arrivals", large ? 300 : 100),
                    large);
        }
    }

    /** Prepares a run. */
    public StormRun(Plan plan, Path directory, PrintWriter out) {
        this.plan = plan;
        this.directory = directory;
        this.out = out;
        this.report = new Report("storm " + plan);
    }

    /** Runs {@code restart}, {@code kill}, or without arguments both. Exit code 1 when a bound is broken. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        boolean broken = false;
        for (String show : args.length == 0 ? List.of("restart", "kill") : List.of(args)) {
            StormRun run = new StormRun(Plan.fromProperties(show), Path.of("target", "storm"), out);
            broken |= !(show.equals("kill") ? run.kill() : run.rollingRestart()).isEmpty();
        }
        System.exit(broken ? 1 : 0);
    }

    /** A process of clients, as this one sees it. */
    private final class Clients implements AutoCloseable {

        private final Process process;
        private final BufferedReader answers;
        private final PrintWriter words;

        Clients(int index, int count, List<Endpoint> endpoints) {
            String targets = endpoints.stream()
                    .map(each -> each.node() + '=' + each.host() + ':' + each.port())
                    .collect(Collectors.joining(","));
            Path java = Path.of(System.getProperty("java.home"), "bin", "java");
            List<String> command = List.of(
                    java.toString(),
                    "-Xmx512m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    StormClients.class.getName(),
                    targets,
                    Integer.toString(count),
                    Integer.toString(ROOMS),
                    Double.toString(index == 0 ? plan.publishesPerSecond() : 0),
                    Integer.toString(Math.max(1, plan.arrivals() / 2 / plan.processes())),
                    Long.toString(plan.seed() + index));
            try {
                process = new ProcessBuilder(command)
                        .redirectError(
                                directory.resolve("clients-" + index + ".log").toFile())
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot start " + command, e);
            }
            answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            words = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        }

        JsonObject ask(String word) {
            words.println(word);
            try {
                String answer = answers.readLine();
                if (answer == null) {
                    throw new IllegalStateException("the clients ended, see " + directory);
                }
                return new JsonObject(answer);
            } catch (IOException e) {
                throw new UncheckedIOException("the clients do not answer", e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
            try {
                process.waitFor(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Restarts all nodes one after the other. */
    public List<String> rollingRestart() {
        return run("restart", cluster -> {
            for (BrokerProcess node : cluster.nodes()) {
                long from = System.currentTimeMillis();
                int exit = node.terminate(START_LIMIT);
                report.require("restart", node.name() + " left", "exit " + exit, "exit 0", exit == 0);
                awaitAllWelcome();
                tellPhase("restart", node.name(), from, plan.drainRate());
                node.start();
                node.awaitReady(START_LIMIT);
            }
        });
    }

    /** Kills one node. */
    public List<String> kill() {
        return run("kill", cluster -> {
            long from = System.currentTimeMillis();
            cluster.nodes().get(0).kill();
            awaitAllWelcome();
            report.tell("kill", "ms until every client was resumed", System.currentTimeMillis() - from);
            tellPhase("kill", cluster.nodes().get(0).name(), from, 0);
        });
    }

    /** What is done to the nodes. */
    @FunctionalInterface
    private interface Nemesis {
        void disturb(ProcessCluster cluster);
    }

    private List<String> run(String show, Nemesis nemesis) {
        Map<String, String> settings = new TreeMap<>();
        settings.put("REJOIN_DRAIN_RATE", Integer.toString(plan.drainRate()));
        settings.put("REJOIN_DRAIN_TIMEOUT", "60s");
        settings.put("REJOIN_ADMISSION_ARRIVALS", Integer.toString(plan.arrivals()));
        settings.put("JAVA_OPTS", "-Xms256m -Xmx512m");
        try (ProcessCluster cluster = ProcessCluster.of(3, made(directory.resolve(show)), settings)) {
            cluster.start(START_LIMIT);
            for (int i = 0; i < plan.processes(); i++) {
                clients.add(new Clients(i, plan.clients() / plan.processes(), cluster.endpoints()));
            }
            awaitAllWelcome();
            clients.forEach(each -> each.ask("take"));
            nemesis.disturb(cluster);
            finish(show);
        } finally {
            clients.forEach(Clients::close);
            clients.clear();
        }
        report.print(show, out);
        report.write(directory);
        return report.broken();
    }

    private static Path made(Path path) {
        try {
            return Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + path, e);
        }
    }

    private void awaitAllWelcome() {
        JsonObject[] last = {new JsonObject()};
        Await.until(
                () -> clients.stream().allMatch(each -> {
                    last[0] = each.ask("state");
                    return last[0].getLong("welcome").equals(last[0].getLong("clients"));
                }),
                SETTLE_LIMIT,
                () -> "not all clients are welcome: " + last[0]);
    }

    private void finish(String show) {
        clients.forEach(each -> each.ask("quiesce"));
        JsonObject[] last = {new JsonObject()};
        Await.until(
                () -> {
                    last[0] = clients.get(0).ask("state");
                    return last[0].getLong("unsettled") == 0;
                },
                SETTLE_LIMIT,
                () -> "publishes are not acknowledged: " + last[0]);
        Await.until(
                this::allStandAtTheEnd,
                SETTLE_LIMIT,
                () -> "members lag: "
                        + clients.stream()
                                .map(each -> each.ask("offsets").encode())
                                .toList());
        List<String> faults = clients.stream()
                .flatMap(each -> each.ask("state").getJsonArray("faults").stream())
                .map(String::valueOf)
                .toList();
        report.tell(show, "publications", clients.get(0).ask("state").getLong("published"));
        report.requireNone(show, "lost, duplicated, reordered or announced as missing", faults);
    }

    private boolean allStandAtTheEnd() {
        JsonObject published = clients.get(0).ask("offsets");
        return clients.stream()
                .map(each -> each.ask("offsets"))
                .allMatch(told -> told.stream().allMatch(room -> {
                    JsonObject stands = (JsonObject) room.getValue();
                    long end = published.getJsonObject(room.getKey()).getLong("published");
                    return stands.getLong("lowest") == end && stands.getLong("highest") == end;
                }));
    }

    /** What the clients counted since the phase began. */
    private void tellPhase(String show, String node, long fromMs, int plannedRate) {
        List<JsonObject> told = clients.stream().map(each -> each.ask("take")).toList();
        report.tell(show, node + " resumed", sum(told, "resumed"));
        report.requireEqual(
                show,
                node + " resumed where they were, of all",
                sum(told, "exact"),
                sum(told, "exact") + sum(told, "inexact"));
        report.tell(show, node + " resume ms p50", max(told, "resumeP50"));
        report.tell(show, node + " resume ms p99", max(told, "resumeP99"));
        report.tell(show, node + " resume ms max", max(told, "resumeMax"));
        report.tell(
                show,
                node + " closes by code",
                told.stream().map(each -> each.getJsonObject("closes").encode()).toList());
        report.tell(show, node + " rooms that did not answer a hello in time", sum(told, "unavailableRooms"));
        report.tell(show, node + " publications repeated by a newer connection, and dropped", sum(told, "repeats"));
        bound(
                show,
                node + " slowest delivery to a member of another node, since its room took it, ms",
                max(told, "slowestDelivery"));
        bound(show, node + " slowest answer of another node to a client of its own, ms", max(told, "slowestPong"));
        tellArrivals(show, node, told, fromMs, plannedRate);
    }

    /** Work for those who arrive must not hold up those who are there. */
    private void bound(String show, String what, long slowestMs) {
        if (plan.timed()) {
            report.require(show, what, slowestMs, "at most " + SLOWEST_MS, slowestMs <= SLOWEST_MS);
        } else {
            report.tell(show, what, slowestMs);
        }
    }

    private void tellArrivals(String show, String node, List<JsonObject> told, long fromMs, int plannedRate) {
        long[] times = told.stream()
                .flatMap(each -> each.getJsonArray("arrivals").stream())
                .mapToLong(time -> ((Number) time).longValue() - fromMs)
                .sorted()
                .toArray();
        if (times.length == 0) {
            return;
        }
        int[] bins = new int[(int) (times[times.length - 1] / BIN_MS) + 1];
        for (long time : times) {
            bins[(int) Math.max(0, time / BIN_MS)]++;
        }
        int most = 0;
        for (int bin : bins) {
            most = Math.max(most, bin);
        }
        report.tell(show, node + " arrivals per " + BIN_MS + " ms", chart(bins, most));
        if (plan.timed() && plannedRate > 0) {
            double planned = plannedRate * BIN_MS / 1_000.0;
            report.require(
                    show,
                    node + " most arrivals per " + BIN_MS + " ms",
                    most,
                    "at most " + 2 * planned,
                    most <= 2 * planned);
        }
    }

    /** One character per bin, as high as its share of the most. */
    private static String chart(int[] bins, int most) {
        String levels = " ▁▂▃▄▅▆▇█";
        StringBuilder line = new StringBuilder();
        for (int bin : bins) {
            line.append(levels.charAt(most == 0 ? 0 : (bin * (levels.length() - 1) + most - 1) / most));
        }
        return line.append(" most ").append(most).toString();
    }

    private static long sum(List<JsonObject> told, String name) {
        return told.stream().mapToLong(each -> each.getLong(name)).sum();
    }

    private static long max(List<JsonObject> told, String name) {
        return told.stream().mapToLong(each -> each.getLong(name)).max().orElse(0);
    }
}
