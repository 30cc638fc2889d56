package io.rejoin.cluster;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.partition.InternalPartitionService;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.ClusterTiming;
import io.rejoin.clusterconfig.Discovery;
import io.rejoin.clusterconfig.HazelcastConfigFactory;
import io.rejoin.clusterconfig.HostPort;
import io.rejoin.room.LogLimits;
import io.rejoin.testing.Await;
import io.rejoin.testing.FreePorts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Hazelcast members of one cluster in this JVM, configured as nodes are. */
final class TestMembers implements AutoCloseable {

    static final int PARTITIONS = 11;

    private final List<HazelcastInstance> members = new ArrayList<>();
    private final List<HostPort> addresses = new ArrayList<>();
    private final String name = "test-" + UUID.randomUUID();
    private final LogLimits limits;
    private final int size;
    private final Duration sessionWindow;

    private TestMembers(int size, LogLimits limits, Duration sessionWindow) {
        this.size = size;
        this.sessionWindow = sessionWindow;
        this.limits = limits;
        FreePorts.reserve(size).forEach(port -> addresses.add(new HostPort("127.0.0.1", port)));
    }

    /** Starts a cluster and waits until its copies are in place. */
    static TestMembers start(int size, LogLimits limits) {
        return start(size, limits, Duration.ofMinutes(2));
    }

    /** The same with another session window. */
    static TestMembers start(int size, LogLimits limits, Duration sessionWindow) {
        TestMembers all = new TestMembers(size, limits, sessionWindow);
        for (int i = 0; i < size; i++) {
            all.members.add(all.newMember(i));
        }
        all.awaitSafe();
        return all;
    }

    HazelcastInstance newMember(int index) {
        HostPort address = addresses.get(index);
        ClusterConfig config = ClusterConfig.of(
                        "member-" + index,
                        new Discovery.StaticMembers(addresses),
                        address,
                        new HostPort("127.0.0.1", address.port() == 1 ? 2 : address.port() - 1),
                        size)
                .withClusterName(name)
                .withPartitions(PARTITIONS)
                .withTiming(ClusterTiming.PRODUCTION.withJoinWait(Duration.ZERO));
        return Hazelcast.newHazelcastInstance(HazelcastConfigFactory.create(
                config,
                ClusterParts.of(
                        config,
                        limits,
                        sessionWindow,
                        new PlannedMembers(size),
                        InstantSource.system(),
                        () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
                        new Random())));
    }

    HazelcastInstance member(int index) {
        return members.get(index);
    }

    /** The member that holds a replica of a key's partition: 0 is the owner. */
    HazelcastInstance replicaOf(String key, int index) {
        HazelcastInstanceProxy any = (HazelcastInstanceProxy) members.stream()
                .filter(member -> member.getLifecycleService().isRunning())
                .findFirst()
                .orElseThrow();
        InternalPartitionService partitions = any.getOriginal().node.getPartitionService();
        UUID holder = partitions
                .getPartition(partitions.getPartitionId(key))
                .getReplica(index)
                .uuid();
        return members.stream()
                .filter(member -> member.getLifecycleService().isRunning())
                .filter(member -> member.getCluster().getLocalMember().getUuid().equals(holder))
                .findFirst()
                .orElseThrow();
    }

    /** Starts a member anew at the address of one that ended, and waits until the copies are in place. */
    void restartOne() {
        for (int index = 0; index < size; index++) {
            if (!members.get(index).getLifecycleService().isRunning()) {
                members.add(newMember(index));
                awaitSafe();
                return;
            }
        }
        throw new IllegalStateException("no member has ended");
    }

    List<HazelcastInstance> members() {
        return members;
    }

    void awaitSafe() {
        // A question to a member that has just died would be waited for, so the others have to have noticed first.
        Await.until(
                () -> running()
                        .allMatch(member -> member.getCluster().getMembers().size()
                                == running().count()),
                () -> "members do not see each other");
        Await.until(
                () -> running().allMatch(member -> member.getPartitionService().isClusterSafe()),
                () -> "cluster is not safe");
    }

    private Stream<HazelcastInstance> running() {
        return members.stream().filter(member -> member.getLifecycleService().isRunning());
    }

    @Override
    public void close() {
        for (int i = members.size() - 1; i >= 0; i--) {
            members.get(i).getLifecycleService().terminate();
        }
    }
}
