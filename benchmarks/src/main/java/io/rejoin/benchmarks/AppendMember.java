package io.rejoin.benchmarks;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.cluster.ClusterParts;
import io.rejoin.cluster.ClusterRuntime;
import io.rejoin.cluster.HazelcastRoomLog;
import io.rejoin.cluster.PlannedMembers;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.Discovery;
import io.rejoin.clusterconfig.HazelcastConfigFactory;
import io.rejoin.clusterconfig.HostPort;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.flow.LogBudget;
import io.rejoin.quorum.Voter;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomLimits;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One member of {@link AppendBenchmark}: a JVM with the product's Hazelcast settings and room log, that appends when it is told to.
 *
 * <p>Arguments: index, comma-separated member ports, cluster name, rooms, copies of each.
 */
final class AppendMember {

    /** As a node's defaults. */
    private static final LogLimits LIMITS =
            new LogLimits(10_000, 1 << 20, 3_600_000, 4_096, 256 << 10, 256, 240_000, 10_000, 600_000);

    private AppendMember() {}

    public static void main(String[] args) throws IOException {
        int index = Integer.parseInt(args[0]);
        List<HostPort> addresses = Arrays.stream(args[1].split(",", -1))
                .map(port -> new HostPort("127.0.0.1", Integer.parseInt(port)))
                .toList();
        int rooms = Integer.parseInt(args[3]);
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        HazelcastInstance hazelcast = startMember(index, addresses, args[2], Integer.parseInt(args[4]));
        awaitSafe(hazelcast, addresses.size());
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        HazelcastRoomLog log = new HazelcastRoomLog(vertx, hazelcast, StructureNames.ROOMS);
        AppendLoad load = new AppendLoad(vertx, log, "m" + index, rooms);
        out.println(ChildJvm.MARK + "ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] run = line.split(" ", -1);
            CompletableFuture<AppendLoad.Result> done = new CompletableFuture<>();
            load.run(Integer.parseInt(run[0]), Integer.parseInt(run[1]), Duration.ofMillis(Long.parseLong(run[2])))
                    .onSuccess(done::complete)
                    .onFailure(done::completeExceptionally);
            AppendLoad.Result result = done.join();
            out.println(ChildJvm.MARK + "result " + result.appends() + ' ' + result.publications() + ' '
                    + result.retries() + ' ' + Histograms.encode(result.latency()));
        }
        hazelcast.getLifecycleService().terminate();
        System.exit(0);
    }

    private static HazelcastInstance startMember(int index, List<HostPort> addresses, String name, int copies) {
        HostPort bind = addresses.get(index);
        ClusterConfig config = ClusterConfig.of(
                        "member-" + index,
                        new Discovery.StaticMembers(addresses),
                        bind,
                        new HostPort("127.0.0.1", bind.port() - 1),
                        addresses.size())
                .withClusterName(name)
                .withCopies(copies, ClusterConfig.defaultMinInSync(addresses.size()));
        return ClusterRuntime.startMember(
                HazelcastConfigFactory.create(
                        config,
                        ClusterParts.of(
                                config,
                                RoomLimits.same(LIMITS),
                                new LogBudget(Long.MAX_VALUE),
                                Duration.ofMinutes(2),
                                new PlannedMembers(addresses.size()),
                                new Voter(),
                                InstantSource.system(),
                                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                                new Random())),
                config.timing(),
                Executors.newSingleThreadScheduledExecutor());
    }

    private static void awaitSafe(HazelcastInstance hazelcast, int members) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (hazelcast.getCluster().getMembers().size() < members
                || !hazelcast.getPartitionService().isClusterSafe()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        "members: " + hazelcast.getCluster().getMembers().size() + " (expected: " + members
                                + ", with all copies in place, within 60 s)");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }
}
