package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.impl.MemberImpl;
import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.EndpointConfig;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.instance.ProtocolType;
import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.spi.merge.HigherHitsMergePolicy;
import com.hazelcast.spi.merge.LatestUpdateMergePolicy;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import com.hazelcast.version.MemberVersion;
import io.rejoin.clusterconfig.HazelcastConfigFactory.MergePolicies;
import io.rejoin.clusterconfig.HazelcastConfigFactory.NodeParts;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HazelcastConfigFactoryTest {

    private static final DataSerializableFactory FACTORY = typeId -> {
        throw new IllegalArgumentException("type=" + typeId);
    };

    private final AtomicInteger planned = new AtomicInteger(3);
    private final Config config = create(three());

    private static ClusterConfig three() {
        return of(
                new Discovery.StaticMembers(List.of(
                        new HostPort("127.0.0.1", 5701),
                        new HostPort("127.0.0.1", 5711),
                        new HostPort("127.0.0.1", 5721))),
                3);
    }

    private static ClusterConfig of(Discovery discovery, int size) {
        return ClusterConfig.of(
                "n1", discovery, new HostPort("127.0.0.1", 5701), new HostPort("127.0.0.1", 5702), size);
    }

    private Config create(ClusterConfig cluster) {
        return HazelcastConfigFactory.create(
                cluster,
                new NodeParts(
                        Duration.ofSeconds(161),
                        planned::get,
                        7_001,
                        FACTORY,
                        new MergePolicies(HigherHitsMergePolicy.class, LatestUpdateMergePolicy.class),
                        Map.of("rejoin.key", "value")));
    }

    private static ServerSocketEndpointConfig memberEndpoint(Config config) {
        return (ServerSocketEndpointConfig)
                config.getAdvancedNetworkConfig().getEndpointConfigs().get(EndpointQualifier.MEMBER);
    }

    private static JoinConfig join(Config config) {
        return config.getAdvancedNetworkConfig().getJoin();
    }

    @Test
    void namesClusterAndMember() {
        assertThat(config.getClusterName()).isEqualTo("rejoin");
        assertThat(config.getInstanceName()).startsWith("n1-");
        assertThat(config.getMemberAttributeConfig().getAttribute("rejoin.node"))
                .isEqualTo("n1");
    }

    @Test
    void givesEveryIncarnationItsOwnNodeId() {
        String id = config.getMemberAttributeConfig().getAttribute("__vertx.nodeId");
        String next = create(three()).getMemberAttributeConfig().getAttribute("__vertx.nodeId");

        assertThat(UUID.fromString(id)).isNotEqualTo(UUID.fromString(next));
    }

    @ParameterizedTest
    @CsvSource({
        "hazelcast.operation.fail.on.indeterminate.state, true",
        "hazelcast.operation.backup.timeout.millis, 1500",
        "hazelcast.operation.call.timeout.millis, 10000",
        "hazelcast.heartbeat.interval.seconds, 1",
        "hazelcast.max.no.heartbeat.seconds, 10",
        "hazelcast.heartbeat.failuredetector.type, deadline",
        "hazelcast.mastership.claim.timeout.seconds, 60",
        "hazelcast.merge.first.run.delay.seconds, 15",
        "hazelcast.merge.next.run.delay.seconds, 10",
        "hazelcast.partial.member.disconnection.resolution.heartbeat.count, 5",
        "hazelcast.partition.backup.sync.interval, 5",
        "hazelcast.partition.migration.timeout, 10",
        "hazelcast.wait.seconds.before.join, 1",
        "hazelcast.max.wait.seconds.before.join, 4",
        "hazelcast.graceful.shutdown.max.wait, 30",
        "hazelcast.shutdownhook.enabled, false",
        "hazelcast.backpressure.enabled, false",
        "hazelcast.partition.count, 271",
        "hazelcast.phone.home.enabled, false",
        "hazelcast.socket.bind.any, false",
        "hazelcast.socket.server.bind.any, false",
        "hazelcast.socket.client.bind.any, false",
        "hazelcast.logging.type, slf4j",
    })
    void setsTheProperty(String name, String value) {
        assertThat(config.getProperty(name)).isEqualTo(value);
    }

    @Test
    void setsNoOtherProperty() {
        assertThat(config.getProperties()).hasSize(23);
    }

    @Test
    void takesTimesAndPartitionsFromTheSettings() {
        ClusterTiming timing = new ClusterTiming(
                Duration.ofSeconds(2),
                Duration.ofSeconds(20),
                Duration.ofMillis(900),
                Duration.ofMillis(7_500),
                Duration.ofSeconds(31),
                Duration.ofSeconds(3),
                Duration.ofSeconds(4),
                Duration.ofSeconds(6),
                Duration.ZERO,
                Duration.ofSeconds(70),
                Duration.ofSeconds(50));

        Config other = create(three().withTiming(timing).withPartitions(11).withClusterName("other"));

        assertThat(other.getClusterName()).isEqualTo("other");
        assertThat(List.of(
                        "heartbeat.interval.seconds",
                        "max.no.heartbeat.seconds",
                        "operation.backup.timeout.millis",
                        "operation.call.timeout.millis",
                        "mastership.claim.timeout.seconds",
                        "merge.first.run.delay.seconds",
                        "merge.next.run.delay.seconds",
                        "partition.backup.sync.interval",
                        "wait.seconds.before.join",
                        "max.wait.seconds.before.join",
                        "graceful.shutdown.max.wait",
                        "partition.count"))
                .extracting(name -> other.getProperty("hazelcast." + name))
                .containsExactly("2", "20", "900", "7500", "31", "3", "4", "6", "0", "0", "50", "11");
    }

    @Test
    void switchesOffWhatANodeDoesNotUse() {
        assertThat(config.getJetConfig().isEnabled()).isFalse();
        assertThat(config.getMetricsConfig().isEnabled()).isFalse();
        assertThat(config.getManagementCenterConfig().isScriptingEnabled()).isFalse();
        assertThat(config.getCPSubsystemConfig().getCPMemberCount()).isZero();
    }

    @Test
    void listensToMembersOnly() {
        AdvancedNetworkConfig network = config.getAdvancedNetworkConfig();
        Map<EndpointQualifier, EndpointConfig> endpoints = network.getEndpointConfigs();

        assertThat(network.isEnabled()).isTrue();
        assertThat(endpoints.keySet()).extracting(EndpointQualifier::getType).containsExactly(ProtocolType.MEMBER);
    }

    @Test
    void listensOnTheBoundAddressAndPortAlone() {
        ServerSocketEndpointConfig endpoint = memberEndpoint(config);

        assertThat(endpoint.getPort()).isEqualTo(5701);
        assertThat(endpoint.isPortAutoIncrement()).isFalse();
        assertThat(endpoint.getPublicAddress()).isEqualTo("127.0.0.1:5701");
        assertThat(endpoint.getInterfaces().isEnabled()).isTrue();
        assertThat(endpoint.getInterfaces().getInterfaces()).containsExactly("127.0.0.1");
    }

    @Test
    void refusesABoundHostWithoutAnAddress() {
        ClusterConfig cluster = ClusterConfig.of(
                "n1",
                new Discovery.SingleNode(),
                new HostPort("no-such-host.invalid", 5701),
                new HostPort("127.0.0.1", 5702),
                1);

        assertThatThrownBy(() -> create(cluster))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cluster.bind=no-such-host.invalid:5701"
                        + " (expected: a host with an address on this machine)");
    }

    @Test
    void findsTheMembersOfAList() {
        assertThat(join(config).getTcpIpConfig().isEnabled()).isTrue();
        assertThat(join(config).getTcpIpConfig().getMembers())
                .containsExactly("127.0.0.1:5701", "127.0.0.1:5711", "127.0.0.1:5721");
        assertThat(join(config).getKubernetesConfig().isEnabled()).isFalse();
    }

    @Test
    void findsMembersBehindAName() {
        Config dns = create(of(new Discovery.Dns("rejoin-members.chat.svc"), 3));

        assertThat(join(dns).getKubernetesConfig().isEnabled()).isTrue();
        assertThat(join(dns).getKubernetesConfig().getProperties())
                .isEqualTo(Map.of("service-dns", "rejoin-members.chat.svc", "service-port", "5701"));
        assertThat(join(dns).getTcpIpConfig().isEnabled()).isFalse();
    }

    @Test
    void looksForNobodyAsASingleNode() {
        Config single = create(of(new Discovery.SingleNode(), 1));

        assertThat(join(single).getTcpIpConfig().isEnabled()).isFalse();
        assertThat(join(single).getKubernetesConfig().isEnabled()).isFalse();
    }

    @Test
    void neverFindsMembersByChance() {
        assertThat(join(config).getMulticastConfig().isEnabled()).isFalse();
        assertThat(join(config).getAutoDetectionConfig().isEnabled()).isFalse();
    }

    @Test
    void readsJavaObjectsOnlyOfTheTypesThatAreUsed() {
        JavaSerializationFilterConfig filter = config.getSerializationConfig().getJavaSerializationFilterConfig();

        assertThat(filter.isDefaultsDisabled()).isTrue();
        assertThat(filter.getWhitelist().getPrefixes())
                .containsExactlyInAnyOrder(
                        "com.hazelcast.",
                        "io.rejoin.cluster.",
                        "io.vertx.spi.cluster.hazelcast.",
                        "java.io.",
                        "java.lang.",
                        "java.net.",
                        "java.util.",
                        "[Ljava.lang.");
        assertThat(filter.getWhitelist().getClasses()).isEmpty();
        assertThat(filter.getWhitelist().getPackages()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "io.vertx.spi.cluster.hazelcast.impl.HazelcastRegistrationInfo",
                "com.hazelcast.spi.exception.WrongTargetException",
                "java.util.ArrayList",
                "java.lang.IllegalStateException",
                "[Ljava.lang.StackTraceElement;"
            })
    void letsThrough(String type) {
        JavaSerializationFilterConfig filter = config.getSerializationConfig().getJavaSerializationFilterConfig();

        assertThat(filter.getBlacklist().isListed(type)).isFalse();
        assertThat(filter.getWhitelist().isListed(type)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "java.util.PriorityQueue",
                "java.net.URL",
                "java.lang.reflect.Proxy",
                "java.lang.invoke.SerializedLambda"
            })
    void blocksTheStartOfGadgetChains(String type) {
        assertThat(config.getSerializationConfig()
                        .getJavaSerializationFilterConfig()
                        .getBlacklist()
                        .isListed(type))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.apache.commons.collections.functors.InvokerTransformer",
                "javax.management.BadAttributeValueExpException",
                "sun.rmi.server.UnicastRef"
            })
    void doesNotLetThrough(String type) {
        assertThat(config.getSerializationConfig()
                        .getJavaSerializationFilterConfig()
                        .getWhitelist()
                        .isListed(type))
                .isFalse();
    }

    @Test
    void readsOurTypesByNumber() {
        assertThat(config.getSerializationConfig().getDataSerializableFactories())
                .isEqualTo(Map.of(7_001, FACTORY));
    }

    @Test
    void handsTheUserContextToProcessors() {
        assertThat(config.getUserContext()).isEqualTo(Map.of("rejoin.key", "value"));
    }

    @Test
    void keepsRoomsAsObjectsWithSynchronousBackups() {
        MapConfig rooms = config.getMapConfig(StructureNames.ROOMS);

        assertThat(rooms.getInMemoryFormat()).isEqualTo(InMemoryFormat.OBJECT);
        assertThat(rooms.getSplitBrainProtectionName()).isEqualTo(StructureNames.MAJORITY_RULE);
        assertThat(rooms.getMaxIdleSeconds()).isZero();
    }

    @Test
    void forgetsSessionsThatNobodyTouches() {
        MapConfig sessions = config.getMapConfig(StructureNames.SESSIONS);

        assertThat(sessions.getMaxIdleSeconds()).isEqualTo(161);
        assertThat(sessions.getSplitBrainProtectionName()).isEqualTo(StructureNames.MAJORITY_RULE);
    }

    @Test
    void keepsTheClusterKeyFromMinorities() {
        assertThat(config.getMapConfig(StructureNames.SECRETS).getSplitBrainProtectionName())
                .isEqualTo(StructureNames.MAJORITY_RULE);
    }

    /** A minority has to be able to count its members: the plan itself is not protected. */
    @Test
    void letsMinoritiesReadThePlan() {
        assertThat(config.getMapConfig(StructureNames.PLAN).getSplitBrainProtectionName())
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {StructureNames.ROOMS, StructureNames.SESSIONS, StructureNames.PLAN, StructureNames.SECRETS})
    void treatsOurMapsAlike(String name) {
        MapConfig map = config.getMapConfigs().get(name);

        assertThat(map.getBackupCount()).isEqualTo(2);
        assertThat(map.getAsyncBackupCount()).isZero();
        assertThat(map.isReadBackupData()).isFalse();
        assertThat(map.isStatisticsEnabled()).isFalse();
        assertThat(map.isPerEntryStatsEnabled()).isFalse();
        assertThat(map.getTimeToLiveSeconds()).isZero();
        assertThat(map.getEvictionConfig().getEvictionPolicy()).isEqualTo(EvictionPolicy.NONE);
        assertThat(map.getIndexConfigs()).isEmpty();
        assertThat(map.getEntryListenerConfigs()).isEmpty();
        assertThat(map.getMapStoreConfig().isEnabled()).isFalse();
        assertThat(map.getNearCacheConfig()).isNull();
    }

    @Test
    void mergesRoomsAndSessionsByTheirOwnPolicies() {
        assertThat(mergePolicy(StructureNames.ROOMS)).isEqualTo(HigherHitsMergePolicy.class.getName());
        assertThat(mergePolicy(StructureNames.SESSIONS)).isEqualTo(LatestUpdateMergePolicy.class.getName());
        assertThat(mergePolicy(StructureNames.PLAN)).isEqualTo(PutIfAbsentMergePolicy.class.getName());
        assertThat(mergePolicy(StructureNames.SECRETS)).isEqualTo(PutIfAbsentMergePolicy.class.getName());
        assertThat(mergePolicy(StructureNames.REVOCATIONS)).isEqualTo(PutIfAbsentMergePolicy.class.getName());
    }

    private String mergePolicy(String map) {
        return config.getMapConfigs().get(map).getMergePolicyConfig().getPolicy();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0", "2, 2, 1", "3, 2, 1", "5, 3, 2", "7, 4, 3"})
    void keepsAsManyBackupsAsThereAreCopiesBesideTheOwner(int size, int copies, int backups) {
        Config sized = create(of(new Discovery.Dns("rejoin"), size).withCopies(copies, 1));

        assertThat(sized.getMapConfig(StructureNames.ROOMS).getBackupCount()).isEqualTo(backups);
        assertThat(sized.getMapConfig(StructureNames.SESSIONS).getBackupCount()).isEqualTo(backups);
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "2, 1", "3, 2", "9, 2"})
    void keepsTheStructuresOfVertxOnUpToThreeMembers(int size, int backups) {
        Config sized = create(of(new Discovery.Dns("rejoin"), size));

        MultiMapConfig subscriptions = sized.getMultiMapConfig("__vertx.subs");
        assertThat(subscriptions.getBackupCount()).isEqualTo(backups);
        assertThat(subscriptions.getAsyncBackupCount()).isZero();
        assertThat(subscriptions.getValueCollectionType()).isEqualTo(MultiMapConfig.ValueCollectionType.SET);
        assertThat(sized.getMapConfig("__vertx.nodeInfo").getBackupCount()).isEqualTo(backups);
        assertThat(sized.getMapConfig("__vertx.haInfo").getBackupCount()).isEqualTo(backups);
    }

    /** With a rule on them, a minority could neither register its address nor stop. */
    @Test
    void leavesTheStructuresOfVertxToMinorities() {
        assertThat(config.getMultiMapConfig("__vertx.subs").getSplitBrainProtectionName())
                .isNull();
        assertThat(config.getMapConfig("__vertx.nodeInfo").getSplitBrainProtectionName())
                .isNull();
        assertThat(config.getMapConfig("__vertx.haInfo").getSplitBrainProtectionName())
                .isNull();
    }

    @Test
    void hasOneRuleForReadsAndWrites() {
        SplitBrainProtectionConfig rule = config.getSplitBrainProtectionConfig(StructureNames.MAJORITY_RULE);

        assertThat(config.getSplitBrainProtectionConfigs().keySet()).isEqualTo(Set.of(StructureNames.MAJORITY_RULE));
        assertThat(rule.isEnabled()).isTrue();
        assertThat(rule.getProtectOn()).isEqualTo(SplitBrainProtectionOn.READ_WRITE);
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, true",
        "1, 2, false",
        "2, 3, true",
        "1, 3, false",
        "2, 4, false",
        "3, 4, true",
        "3, 5, true",
        "2, 5, false"
    })
    void countsTheMajorityAgainstThePlanOfTheMoment(int seen, int plannedNow, boolean majority) {
        planned.set(plannedNow);

        assertThat(config.getSplitBrainProtectionConfig(StructureNames.MAJORITY_RULE)
                        .getFunctionImplementation()
                        .apply(members(seen)))
                .isEqualTo(majority);
    }

    private static Collection<Member> members(int count) {
        return IntStream.range(0, count)
                .mapToObj(HazelcastConfigFactoryTest::member)
                .collect(Collectors.toUnmodifiableList());
    }

    private static Member member(int index) {
        return new MemberImpl.Builder(new Address(InetAddress.getLoopbackAddress(), 6000 + index))
                .version(MemberVersion.UNKNOWN)
                .uuid(UUID.randomUUID())
                .attributes(new HashMap<>())
                .build();
    }
}
