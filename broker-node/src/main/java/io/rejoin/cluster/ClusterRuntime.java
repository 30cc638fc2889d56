package io.rejoin.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.ClusterTiming;
import io.rejoin.clusterconfig.VertxClusterOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.io.IOException;
import java.net.BindException;
import java.util.concurrent.ScheduledExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts and ends what a node's place in the cluster rests on: its Hazelcast member, and Vert.x with its event bus on top.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class ClusterRuntime {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterRuntime.class);

    private ClusterRuntime() {}

    /**
     * Starts a member and joins the cluster; blocks for seconds.
     *
     * @param elections one thread of its own, which ends with the member
     * @throws IllegalStateException when the member's port is in use or the cluster refuses it
     */
    public static HazelcastInstance startMember(
            Config config, ClusterTiming timing, ScheduledExecutorService elections) {
        HazelcastInstance member = Hazelcast.newHazelcastInstance(config);
        ClusterElection.start(member, timing.beginWait(), elections);
        return member;
    }

    /**
     * Starts Vert.x on a member. Closing it leaves the member alone.
     *
     * @param eventLoops how many; 0 for the default of Vert.x
     */
    public static Future<Vertx> startVertx(HazelcastInstance member, ClusterConfig cluster, int eventLoops) {
        VertxOptions options = new VertxOptions()
                .setPreferNativeTransport(true)
                .setEventBusOptions(VertxClusterOptions.eventBus(cluster));
        if (eventLoops > 0) {
            options.setEventLoopPoolSize(eventLoops);
        }
        return Vertx.builder()
                .with(options)
                .withClusterManager(new HazelcastClusterManager(member))
                .buildClustered()
                .onSuccess(ClusterRuntime::tellTransport);
    }

    private static void tellTransport(Vertx vertx) {
        if (!vertx.isNativeTransportEnabled()) {
            LOG.info(
                    "native transport not available, NIO is used: client.unsent-bytes has no effect, and a half-open socket ends"
                            + " by heartbeat only cause={}",
                    String.valueOf(vertx.unavailableNativeTransportCause()));
        }
    }

    /**
     * Whether a start failed only because the cluster was rearranging itself: the same start may succeed a moment later. Vert.x
     * itself does not try again what it stores in the cluster.
     */
    public static boolean isPassing(Throwable failure) {
        return failure instanceof HazelcastException && !(failure instanceof HazelcastInstanceNotActiveException);
    }

    /**
     * Whether a start failed because its port is in use; after an earlier start in this process that port may be its own and about
     * to be free.
     */
    public static boolean isPortInUse(Throwable failure) {
        return failure instanceof BindException
                || (failure instanceof IOException
                        && String.valueOf(failure.getMessage()).contains("Address already in use"));
    }

    /** Tells the others, hands the member's partitions to them and leaves; blocks, bounded by the cluster's timing. */
    public static void leave(HazelcastInstance member) {
        ClusterElection.resign(member);
        member.shutdown();
    }

    /** Ends the member at once, as a crash would. */
    public static void terminate(HazelcastInstance member) {
        member.getLifecycleService().terminate();
    }
}
