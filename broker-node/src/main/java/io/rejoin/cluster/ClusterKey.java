package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret from which session secrets are derived, made by the cluster itself when none was configured.
 *
 * <p>It is made once a majority is there, by whoever comes first, and kept by every node: should the cluster lose its copies, a node
 * that still has it puts it back.
 *
 * <p>Threading: thread-safe; blocks only on worker threads.
 */
public final class ClusterKey {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterKey.class);
    private static final String KEY = "session-key";
    private static final long RETRY_MS = 250;
    private static final long KEEP_MS = 10_000;

    private ClusterKey() {}

    /**
     * Gets the cluster's key; tries until the cluster answers.
     *
     * @param map name of the map that holds it, protected against minorities
     * @param candidate becomes the key when the cluster has none
     */
    public static Future<byte[]> obtain(Vertx vertx, HazelcastInstance hazelcast, String map, byte[] candidate) {
        return putIfAbsent(vertx, hazelcast, map, candidate).recover(unavailable -> {
            LOG.debug("cluster key is not available yet", unavailable);
            return vertx.timer(RETRY_MS, java.util.concurrent.TimeUnit.MILLISECONDS)
                    .compose(waited -> obtain(vertx, hazelcast, map, candidate));
        });
    }

    /**
     * Keeps the key in the cluster from now on.
     *
     * @return the timer
     */
    public static long keep(Vertx vertx, HazelcastInstance hazelcast, String map, byte[] key) {
        return vertx.setPeriodic(
                KEEP_MS,
                fired -> putIfAbsent(vertx, hazelcast, map, key)
                        .onFailure(unavailable -> LOG.debug("cluster key was not kept", unavailable)));
    }

    private static Future<byte[]> putIfAbsent(Vertx vertx, HazelcastInstance hazelcast, String map, byte[] key) {
        return vertx.executeBlocking(
                () -> {
                    IMap<String, byte[]> secrets = hazelcast.getMap(map);
                    byte[] held = secrets.putIfAbsent(KEY, key);
                    return held == null ? key : held;
                },
                false);
    }
}
