package io.rejoin.clusterconfig;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.ExecutorConfig;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.InterfacesConfig;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.SplitBrainProtectionConfig;
import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.spi.merge.PutIfAbsentMergePolicy;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionOn;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * Turns settings into a Hazelcast configuration; the only place that builds one.
 *
 * <p>What it sets and why stands with each group of settings below; the rest is Hazelcast's default.
 */
public final class HazelcastConfigFactory {

    private static final int MAX_BACKUPS_OF_VERTX = 2;
    private static final int MERGE_BATCH = 100;

    private HazelcastConfigFactory() {}

    /**
     * What only the node can give.
     *
     * @param sessionIdle a session's record is forgotten when nobody touched it for this long
     * @param plannedMembers of which a majority has to be seen; read whenever it matters
     * @param factoryId number of the factory
     * @param factory makes the values and processors of our maps
     * @param userContext found by processors on the member that runs them
     */
    public record NodeParts(
            Duration sessionIdle,
            IntSupplier plannedMembers,
            int factoryId,
            DataSerializableFactory factory,
            MergePolicies merging,
            Map<String, Object> userContext) {}

    /**
     * Which of two values stays when the sides of a split meet again: classes that implement Hazelcast's
     * {@link com.hazelcast.spi.merge.SplitBrainMergePolicy}.
     *
     * @param rooms of room logs
     * @param sessions of session records
     */
    public record MergePolicies(Class<?> rooms, Class<?> sessions) {}

    /**
     * Builds the configuration of one member.
     *
     * @throws IllegalArgumentException when the bind host has no address
     */
    public static Config create(ClusterConfig cluster, NodeParts parts) {
        Config config = new Config();
        config.setClusterName(cluster.clusterName());
        config.setInstanceName(cluster.nodeName() + "-" + UUID.randomUUID());
        config.getMemberAttributeConfig()
                .setAttribute("__vertx.nodeId", UUID.randomUUID().toString())
                .setAttribute("rejoin.node", cluster.nodeName());
        config.setUserContext(new ConcurrentHashMap<>(parts.userContext()));
        setProperties(config, cluster);
        config.setAdvancedNetworkConfig(network(cluster));
        setSerialization(config, parts);
        setStructures(config, cluster, parts);
        return config;
    }

    private static void setProperties(Config config, ClusterConfig cluster) {
        ClusterTiming timing = cluster.timing();
        // Without it an append counts as acknowledged although copies never answered.
        config.setProperty("hazelcast.operation.fail.on.indeterminate.state", "true");
        setMillis(config, "hazelcast.operation.backup.timeout.millis", timing.backupTimeout());
        setMillis(config, "hazelcast.operation.call.timeout.millis", timing.callTimeout());
        setSeconds(config, "hazelcast.heartbeat.interval.seconds", timing.heartbeatInterval());
        setSeconds(config, "hazelcast.max.no.heartbeat.seconds", timing.heartbeatTimeout());
        config.setProperty("hazelcast.heartbeat.failuredetector.type", "deadline");
        setSeconds(config, "hazelcast.mastership.claim.timeout.seconds", timing.mastershipTimeout());
        setSeconds(config, "hazelcast.merge.first.run.delay.seconds", timing.firstMergeDelay());
        setSeconds(config, "hazelcast.merge.next.run.delay.seconds", timing.nextMergeDelay());
        // Members that see different parts of the cluster are resolved instead of staying so.
        config.setProperty("hazelcast.partial.member.disconnection.resolution.heartbeat.count", "5");
        setSeconds(config, "hazelcast.partition.backup.sync.interval", timing.backupSync());
        // A copy that misses something asks for all of the partition, and for nothing else while the answer is awaited.
        // When a connection breaks, the answer never comes: by default nobody may write to these rooms for five
        // minutes then.
        setSeconds(config, "hazelcast.partition.migration.timeout", timing.callTimeout());
        setSeconds(config, "hazelcast.wait.seconds.before.join", timing.joinWait());
        setSeconds(
                config,
                "hazelcast.max.wait.seconds.before.join",
                timing.joinWait().multipliedBy(4));
        setSeconds(config, "hazelcast.graceful.shutdown.max.wait", timing.gracefulShutdown());
        // The node ends its member itself, after its clients and its bus.
        config.setProperty("hazelcast.shutdownhook.enabled", "false");
        // Backpressure would put an event loop to sleep; appends in flight are bounded by the node.
        config.setProperty("hazelcast.backpressure.enabled", "false");
        config.setProperty("hazelcast.partition.count", Integer.toString(cluster.partitions()));
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.socket.bind.any", "false");
        config.setProperty("hazelcast.socket.server.bind.any", "false");
        config.setProperty("hazelcast.socket.client.bind.any", "false");
        config.setProperty("hazelcast.logging.type", "slf4j");
        config.getJetConfig().setEnabled(false);
        config.getMetricsConfig().setEnabled(false);
    }

    private static void setMillis(Config config, String name, Duration value) {
        config.setProperty(name, Long.toString(value.toMillis()));
    }

    private static void setSeconds(Config config, String name, Duration value) {
        config.setProperty(name, Long.toString(value.toSeconds()));
    }

    /** Only members are listened to: no client, REST, memcache or WAN endpoint. */
    private static AdvancedNetworkConfig network(ClusterConfig cluster) {
        ServerSocketEndpointConfig member = new ServerSocketEndpointConfig();
        member.setPort(cluster.bind().port());
        member.setPortAutoIncrement(false);
        member.setPublicAddress(cluster.bind().toString());
        member.setInterfaces(new InterfacesConfig().setEnabled(true).addInterface(address(cluster.bind())));
        AdvancedNetworkConfig network = new AdvancedNetworkConfig();
        network.setEnabled(true);
        network.setMemberEndpointConfig(member);
        network.setJoin(join(cluster));
        return network;
    }

    private static String address(HostPort bind) {
        try {
            return InetAddress.getByName(bind.host()).getHostAddress();
        } catch (UnknownHostException unknown) {
            throw new IllegalArgumentException(
                    "cluster.bind=" + bind + " (expected: a host with an address on this machine)", unknown);
        }
    }

    private static JoinConfig join(ClusterConfig cluster) {
        JoinConfig join = new JoinConfig();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        if (cluster.discovery() instanceof Discovery.StaticMembers list) {
            join.getTcpIpConfig().setEnabled(true);
            list.members().forEach(member -> join.getTcpIpConfig().addMember(member.toString()));
        } else if (cluster.discovery() instanceof Discovery.Dns dns) {
            join.getKubernetesConfig()
                    .setEnabled(true)
                    .setProperty("service-dns", dns.service())
                    .setProperty("service-port", Integer.toString(cluster.bind().port()));
        }
        return join;
    }

    /**
     * What comes in by Java serialisation is exceptions, which members send each other to try again elsewhere, and what Vert.x
     * registers. Without the exceptions a member that asks a wrong owner never learns that it should ask another.
     */
    private static void setSerialization(Config config, NodeParts parts) {
        JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
        filter.setDefaultsDisabled(true);
        filter.getWhitelist()
                .addPrefixes(
                        "com.hazelcast.",
                        "io.rejoin.cluster.",
                        "io.vertx.spi.cluster.hazelcast.",
                        "java.io.",
                        "java.lang.",
                        "java.net.",
                        "java.util.",
                        "[Ljava.lang.");
        filter.getBlacklist()
                .addPrefixes("java.lang.invoke.", "java.lang.reflect.", "java.util.PriorityQueue", "java.net.URL");
        config.getSerializationConfig()
                .setJavaSerializationFilterConfig(filter)
                .addDataSerializableFactory(parts.factoryId(), parts.factory());
    }

    private static void setStructures(Config config, ClusterConfig cluster, NodeParts parts) {
        config.addSplitBrainProtectionConfig(new SplitBrainProtectionConfig(StructureNames.MAJORITY_RULE, true)
                .setProtectOn(SplitBrainProtectionOn.READ_WRITE)
                .setFunctionImplementation(
                        members -> members.size() * 2 > parts.plannedMembers().getAsInt()));
        config.addExecutorConfig(new ExecutorConfig(StructureNames.ELECTION, 1).setStatisticsEnabled(false));
        config.addMapConfig(map(StructureNames.ROOMS, cluster)
                .setMergePolicyConfig(mergePolicy(parts.merging().rooms()))
                .setInMemoryFormat(InMemoryFormat.OBJECT)
                .setSplitBrainProtectionName(StructureNames.MAJORITY_RULE));
        config.addMapConfig(map(StructureNames.SESSIONS, cluster)
                .setMergePolicyConfig(mergePolicy(parts.merging().sessions()))
                .setMaxIdleSeconds((int) parts.sessionIdle().toSeconds())
                .setSplitBrainProtectionName(StructureNames.MAJORITY_RULE));
        config.addMapConfig(map(StructureNames.PLAN, cluster));
        config.addMapConfig(
                map(StructureNames.SECRETS, cluster).setSplitBrainProtectionName(StructureNames.MAJORITY_RULE));
        config.addMapConfig(
                map(StructureNames.REVOCATIONS, cluster).setSplitBrainProtectionName(StructureNames.MAJORITY_RULE));
        int vertxBackups = Math.min(MAX_BACKUPS_OF_VERTX, Math.max(0, cluster.size() - 1));
        config.addMultiMapConfig(new MultiMapConfig("__vertx.subs")
                .setBackupCount(vertxBackups)
                .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
        config.addMapConfig(new MapConfig("__vertx.haInfo").setBackupCount(vertxBackups));
        config.addMapConfig(new MapConfig("__vertx.nodeInfo").setBackupCount(vertxBackups));
    }

    private static MergePolicyConfig mergePolicy(Class<?> policy) {
        return new MergePolicyConfig(policy.getName(), MERGE_BATCH);
    }

    /**
     * After a split, what the larger side has stays as it is, unless a map has a policy of its own. What only the smaller side has comes
     * back: it may hold the last copy of something whose other copies died.
     */
    private static MapConfig map(String name, ClusterConfig cluster) {
        MapConfig map = new MapConfig(name)
                .setBackupCount(cluster.copies() - 1)
                .setAsyncBackupCount(0)
                .setStatisticsEnabled(false)
                .setReadBackupData(false)
                .setMergePolicyConfig(mergePolicy(PutIfAbsentMergePolicy.class));
        map.getEvictionConfig().setEvictionPolicy(EvictionPolicy.NONE);
        return map;
    }
}
