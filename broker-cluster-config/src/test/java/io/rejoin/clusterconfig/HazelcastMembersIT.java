package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.rejoin.clusterconfig.HazelcastConfigFactory.MergePolicies;
import io.rejoin.clusterconfig.HazelcastConfigFactory.NodeParts;
import java.io.IOException;
import java.io.Serializable;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HazelcastMembersIT {

    private static final HostPort BUS = new HostPort("127.0.0.1", 1);

    private final String cluster = "test-" + UUID.randomUUID();
    private final List<HazelcastInstance> members = new ArrayList<>();

    /** Of no type that members exchange. */
    private record Foreign(int value) implements Serializable {}

    @AfterEach
    void stopMembers() {
        members.forEach(member -> member.getLifecycleService().terminate());
    }

    /**
     * Below the ports that the kernel gives to outgoing connections: a member that tries to reach one of those before anybody listens
     * there can be connected to itself.
     */
    private static List<HostPort> freeAddresses(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<HostPort> addresses = new ArrayList<>();
        for (int tries = 0; addresses.size() < count; tries++) {
            try {
                int port = ThreadLocalRandom.current().nextInt(12_000, 32_000);
                sockets.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
                addresses.add(new HostPort("127.0.0.1", port));
            } catch (BindException taken) {
                assertThat(tries).as("ports in use").isLessThan(1_000);
            }
        }
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return addresses;
    }

    private HazelcastInstance start(Discovery discovery, HostPort bind, int size) {
        ClusterConfig config = ClusterConfig.of("n", discovery, bind, BUS, size)
                .withClusterName(cluster)
                .withPartitions(11)
                .withTiming(ClusterTiming.PRODUCTION.withJoinWait(Duration.ZERO));
        NodeParts parts = new NodeParts(
                Duration.ofMinutes(2),
                () -> size,
                7_001,
                typeId -> {
                    throw new IllegalArgumentException("type=" + typeId);
                },
                new MergePolicies(PutIfAbsentMergePolicy.class, PutIfAbsentMergePolicy.class),
                Map.of());
        HazelcastInstance member = Hazelcast.newHazelcastInstance(HazelcastConfigFactory.create(config, parts));
        members.add(member);
        return member;
    }

    private HazelcastInstance startAlone(int size) throws IOException {
        HostPort bind = freeAddresses(1).get(0);
        return start(size == 1 ? new Discovery.SingleNode() : new Discovery.StaticMembers(List.of(bind)), bind, size);
    }

    /** A member counts the members a moment after it has joined; until then it takes itself for a minority. */
    private static void awaitMajority(HazelcastInstance member) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!member.getSplitBrainProtectionService()
                .getSplitBrainProtection(StructureNames.MAJORITY_RULE)
                .hasMinimumSize()) {
            assertThat(System.nanoTime()).as("majority was not seen in time").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    /** Until a member that has just joined knows what it holds, a copy sent to it is never confirmed. */
    private static void awaitCopies(HazelcastInstance member) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!member.getPartitionService().isClusterSafe()) {
            assertThat(System.nanoTime()).as("copies were not made in time").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
    }

    @Test
    void startsAlone() throws IOException {
        HazelcastInstance member = startAlone(1);

        awaitMajority(member);
        member.getMap(StructureNames.ROOMS).set("a", "1");

        assertThat(member.getCluster().getMembers()).hasSize(1);
        assertThat(member.getMap(StructureNames.ROOMS).get("a")).isEqualTo("1");
    }

    @Test
    void joinsAnotherAndSharesItsMaps() throws IOException, InterruptedException {
        List<HostPort> addresses = freeAddresses(2);
        Discovery list = new Discovery.StaticMembers(addresses);
        HazelcastInstance first = start(list, addresses.get(0), 2);
        CountDownLatch joined = new CountDownLatch(1);
        first.getCluster().addMembershipListener(new MembershipAdapter() {
            @Override
            public void memberAdded(MembershipEvent event) {
                joined.countDown();
            }
        });

        HazelcastInstance second = start(list, addresses.get(1), 2);

        assertThat(joined.await(20, TimeUnit.SECONDS)).isTrue();
        awaitMajority(first);
        awaitMajority(second);
        awaitCopies(first);
        awaitCopies(second);
        first.getMap(StructureNames.ROOMS).set("a", "1");
        assertThat(second.getMap(StructureNames.ROOMS).get("a")).isEqualTo("1");
        assertThat(second.getCluster().getMembers())
                .extracting(member -> member.getAttribute("__vertx.nodeId"))
                .doesNotHaveDuplicates();
    }

    @Test
    void staysOnTheAddressItWasGiven() throws IOException {
        HazelcastInstance member = startAlone(1);
        InetSocketAddress bound = (InetSocketAddress) member.getLocalEndpoint().getSocketAddress();

        try (ServerSocket samePortElsewhere = new ServerSocket()) {
            InetSocketAddress elsewhere = new InetSocketAddress("127.0.0.2", bound.getPort());
            assertThatCode(() -> samePortElsewhere.bind(elsewhere)).doesNotThrowAnyException();
        }
    }

    @Test
    void refusesToChangeRoomsWithoutAMajority() throws IOException {
        HazelcastInstance member = startAlone(3);

        assertThatThrownBy(() -> member.getMap(StructureNames.ROOMS).set("a", "1"))
                .isInstanceOf(SplitBrainProtectionException.class);
        assertThatThrownBy(() -> member.getMap(StructureNames.SESSIONS).get("a"))
                .isInstanceOf(SplitBrainProtectionException.class);
        assertThatThrownBy(() -> member.getMap(StructureNames.SECRETS).putIfAbsent("a", "1"))
                .isInstanceOf(SplitBrainProtectionException.class);
    }

    @Test
    void letsVertxRegisterWithoutAMajority() throws IOException {
        HazelcastInstance member = startAlone(3);

        assertThat(member.getMultiMap("__vertx.subs").put("address", "node")).isTrue();
        assertThat(member.getMap("__vertx.nodeInfo").put("node", "info")).isNull();
        assertThat(member.getMap(StructureNames.PLAN).put("planned", 3)).isNull();
    }

    @Test
    void refusesClients() throws IOException {
        HazelcastInstance member = startAlone(1);
        InetSocketAddress bound = (InetSocketAddress) member.getLocalEndpoint().getSocketAddress();

        try (Socket client = new Socket(bound.getAddress(), bound.getPort())) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write("CP2".getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().flush();

            assertThat(client.getInputStream().readNBytes(3))
                    .as("the word for an unexpected protocol")
                    .asString(StandardCharsets.US_ASCII)
                    .isEqualTo("HZX");
        }
    }

    @Test
    void readsNoForeignJavaObject() throws IOException {
        HazelcastInstance member = startAlone(1);
        member.getMap("anything").set("a", new Foreign(1));

        assertThatThrownBy(() -> member.getMap("anything").get("a"))
                .hasRootCauseInstanceOf(SecurityException.class)
                .hasStackTraceContaining("Foreign");
    }
}
