package io.rejoin.cluster;

import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.internal.cluster.impl.ClusterServiceImpl;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngineImpl;
import com.hazelcast.spi.impl.PartitionSpecificRunnable;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.ClusterTiming;
import io.rejoin.clusterconfig.Discovery;
import io.rejoin.clusterconfig.HazelcastConfigFactory;
import io.rejoin.clusterconfig.HostPort;
import io.rejoin.flow.LogBudget;
import io.rejoin.quorum.Voter;
import io.rejoin.room.LogLimits;
import io.rejoin.room.RoomLimits;
import io.rejoin.testing.Await;
import io.rejoin.testing.FreePorts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Hazelcast members of one cluster in this JVM, configured as nodes are. */
final class TestMembers implements AutoCloseable {

    /** So many that Hazelcast, which spreads them at random, gives every member some with every other one as their copy. */
    static final int PARTITIONS = 61;

    private static final Duration MERGE_DELAY = Duration.ofSeconds(3);

    private final List<HazelcastInstance> members = new ArrayList<>();
    private final IdentityHashMap<HazelcastInstance, MemberTicks> ticks = new IdentityHashMap<>();
    private final IdentityHashMap<HazelcastInstance, PlannedMembers> plans = new IdentityHashMap<>();
    private final List<HostPort> addresses = new ArrayList<>();
    /** The last member at each address. */
    private final List<HazelcastInstance> places = new ArrayList<>();

    private final String name = "test-" + UUID.randomUUID();
    private final IntFunction<RoomLimits> limits;
    private final int size;
    private final Duration sessionWindow;

    private TestMembers(int size, IntFunction<RoomLimits> limits, Duration sessionWindow) {
        this.size = size;
        this.sessionWindow = sessionWindow;
        this.limits = limits;
        // One place more, for a member that was not planned, and each member's bus.
        FreePorts.reserve(2 * (size + 1)).forEach(port -> addresses.add(new HostPort("127.0.0.1", port)));
    }

    /** Starts a cluster and waits until its copies are in place. */
    static TestMembers start(int size, LogLimits limits) {
        return start(size, limits, Duration.ofMinutes(2));
    }

    /** The same with another session window. */
    static TestMembers start(int size, LogLimits limits, Duration sessionWindow) {
        return start(size, index -> RoomLimits.same(limits), sessionWindow);
    }

    /** The same with bounds by member and room. */
    static TestMembers start(int size, IntFunction<RoomLimits> limits) {
        return start(size, limits, Duration.ofMinutes(2));
    }

    private static TestMembers start(int size, IntFunction<RoomLimits> limits, Duration sessionWindow) {
        TestMembers all = new TestMembers(size, limits, sessionWindow);
        for (int i = 0; i < size; i++) {
            all.startNext();
        }
        all.awaitSafe();
        return all;
    }

    /** Starts one member where more are planned. */
    static TestMembers startOneOf(int size, LogLimits limits) {
        TestMembers all = new TestMembers(size, index -> RoomLimits.same(limits), Duration.ofMinutes(2));
        all.startNext();
        return all;
    }

    /** Starts the next of the planned members. */
    HazelcastInstance startNext() {
        HazelcastInstance member = newMember(members.size());
        members.add(member);
        return member;
    }

    HazelcastInstance newMember(int index) {
        ClusterConfig config = config(index);
        PlannedMembers planned = new PlannedMembers(size);
        MemberTicks ticker = new MemberTicks();
        HazelcastInstance member = ClusterRuntime.startMember(
                HazelcastConfigFactory.create(
                        config,
                        ClusterParts.of(
                                config,
                                limits.apply(index),
                                new LogBudget(Long.MAX_VALUE),
                                sessionWindow,
                                planned,
                                new Voter(),
                                InstantSource.system(),
                                ticker,
                                new Random())),
                config.timing(),
                Executors.newSingleThreadScheduledExecutor());
        while (places.size() <= index) {
            places.add(member);
        }
        places.set(index, member);
        ticks.put(member, ticker);
        plans.put(member, planned);
        return member;
    }

    /** What a member and its bus are configured with. */
    ClusterConfig config(int index) {
        return ClusterConfig.of(
                        "member-" + index,
                        new Discovery.StaticMembers(addresses.subList(0, size + 1)),
                        addresses.get(index),
                        addresses.get(size + 1 + index),
                        size)
                .withClusterName(name)
                .withPartitions(PARTITIONS)
                // Fewer than by default, so that what an acknowledgement needs is lost with one of them.
                .withCopies(Math.min(3, size / 2 + 1), ClusterConfig.defaultMinInSync(size))
                .withTiming(ClusterTiming.PRODUCTION.withJoinWait(Duration.ZERO).withMergeDelay(MERGE_DELAY));
    }

    /** Starts a member that was not planned. */
    HazelcastInstance startOneMore() {
        HazelcastInstance member = newMember(size);
        members.add(member);
        return member;
    }

    /** The ticks that a member's processors ask for. */
    MemberTicks ticks(HazelcastInstance member) {
        return ticks.get(member);
    }

    /** How many members a member thinks are planned. */
    PlannedMembers planned(HazelcastInstance member) {
        return plans.get(member);
    }

    static HazelcastInstanceImpl internals(HazelcastInstance member) {
        return ((HazelcastInstanceProxy) member).getOriginal();
    }

    /** Whether a member belongs to an electorate that is open, of three planned members, and sees all of it. */
    static boolean mayAcknowledge(HazelcastInstance member) {
        return RoomLogContext.of(member)
                .voter()
                .mayAcknowledge(id -> internals(member).node.getClusterService().getMember(id) != null, 3);
    }

    /** Makes a member take another one for dead, and tell nobody but the others. */
    static void suspect(HazelcastInstance by, HazelcastInstance suspected) {
        ClusterServiceImpl members = internals(by).node.getClusterService();
        MemberImpl member =
                members.getMember(suspected.getCluster().getLocalMember().getUuid());
        if (member != null) {
            members.suspectMember(member, "suspected by a test", true);
        }
    }

    /** A key whose owner is this member, and whose copy is that one. */
    String keyOn(HazelcastInstance owner, HazelcastInstance copy) {
        return IntStream.range(0, 10_000)
                .mapToObj(number -> "key-" + number)
                .filter(key -> replicaOf(key, 0) == owner && replicaOf(key, 1) == copy)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no partition lies on " + owner + " with its copy on " + copy));
    }

    /** Looks at, or changes, what one member holds of a map, be it owner or copy; runs on its partition thread. */
    static <T> T onReplica(
            HazelcastInstance member, String map, String key, BiFunction<RecordStore<?>, Data, T> action) {
        NodeEngineImpl engine = internals(member).node.getNodeEngine();
        int partitionId = engine.getPartitionService().getPartitionId(key);
        CompletableFuture<T> result = new CompletableFuture<>();
        engine.getOperationService().execute(new PartitionSpecificRunnable() {
            @Override
            public int getPartitionId() {
                return partitionId;
            }

            @Override
            public void run() {
                MapService maps = engine.getService(MapService.SERVICE_NAME);
                RecordStore<?> store = maps.getMapServiceContext().getRecordStore(partitionId, map);
                result.complete(action.apply(store, engine.toData(key)));
            }
        });
        Await.until(result::isDone, () -> "partition thread has not answered");
        return result.join();
    }

    HazelcastInstance member(int index) {
        return members.get(index);
    }

    /** The member that holds a replica of a key's partition: 0 is the owner. */
    HazelcastInstance replicaOf(String key, int index) {
        InternalPartitionService partitions =
                internals(running().findFirst().orElseThrow()).node.getPartitionService();
        UUID holder = partitions
                .getPartition(partitions.getPartitionId(key))
                .getReplica(index)
                .uuid();
        return running()
                .filter(member -> member.getCluster().getLocalMember().getUuid().equals(holder))
                .findFirst()
                .orElseThrow();
    }

    /** Starts members anew at the addresses of those that ended, one after the other, and waits until the copies are in place. */
    void restartAll() {
        for (int index = 0; index < size; index++) {
            if (!places.get(index).getLifecycleService().isRunning()) {
                restart(index);
            }
        }
    }

    /** Starts a member anew at the address of one that ended, and waits until the copies are in place. */
    HazelcastInstance restart(int index) {
        HazelcastInstance member = newMember(index);
        members.add(member);
        awaitSafe();
        return member;
    }

    /** The address of a member. */
    int indexOf(HazelcastInstance member) {
        return places.indexOf(member);
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
