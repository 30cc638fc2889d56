package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many members are planned: what a majority is counted against.
 *
 * <p>Starts from the configuration, rises at once when more members are seen, falls by one with each graceful leave, and stays when a
 * member dies. A node that has not heard of a fall counts against the higher number, which refuses more than it must, never less.
 *
 * <p>Threading: thread-safe; {@link #current} is read on partition threads.
 */
public final class PlannedMembers {

    private static final Logger LOG = LoggerFactory.getLogger(PlannedMembers.class);
    private static final String KEY = "planned";

    private final AtomicInteger planned;

    /** Starts from the configured number. */
    public PlannedMembers(int configured) {
        this.planned = new AtomicInteger(configured);
    }

    /** The number now. */
    public int current() {
        return planned.get();
    }

    /** More members than planned are seen: a majority is counted against them from now on. */
    void saw(int members) {
        planned.accumulateAndGet(members, Math::max);
    }

    /** Learns what the cluster holds; tells it what this node holds when it has nothing. */
    Future<Void> refresh(Vertx vertx, HazelcastInstance hazelcast, String map) {
        return settle(vertx, hazelcast, map, new PlanMembersProcessor(planned.get(), 1, 0));
    }

    /** So many members are seen: at least as many are planned from now on. */
    Future<Void> raise(Vertx vertx, HazelcastInstance hazelcast, String map, int members) {
        return settle(vertx, hazelcast, map, new PlanMembersProcessor(planned.get(), members, 0));
    }

    private Future<Void> settle(Vertx vertx, HazelcastInstance hazelcast, String map, PlanMembersProcessor processor) {
        return submit(vertx, hazelcast, map, processor)
                .onSuccess(number -> {
                    if (planned.getAndSet(number) != number) {
                        LOG.info("planned members={}", number);
                    }
                })
                .mapEmpty();
    }

    /** This node leaves gracefully: one member fewer is planned. */
    public Future<Void> leave(Vertx vertx, HazelcastInstance hazelcast, String map) {
        return submit(vertx, hazelcast, map, new PlanMembersProcessor(planned.get(), 1, -1))
                .mapEmpty();
    }

    private static Future<Integer> submit(
            Vertx vertx, HazelcastInstance hazelcast, String map, PlanMembersProcessor processor) {
        try {
            IMap<String, Integer> facts = hazelcast.getMap(map);
            return HazelcastFutures.onCallersLoop(vertx, facts.submitToKey(KEY, processor));
        } catch (RuntimeException notActive) {
            return Future.failedFuture(notActive);
        }
    }
}
