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

    /** A rise that the cluster does not hold yet; 0 for none. */
    private final AtomicInteger unstored = new AtomicInteger();

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
        if (planned.getAndAccumulate(members, Math::max) < members) {
            unstored.accumulateAndGet(members, Math::max);
        }
    }

    /**
     * Learns what the cluster holds, and tells it of a rise that it does not know yet. Until that is stored this node counts against the
     * higher number, however often it fails: else an even split of more members than planned would see two majorities.
     */
    Future<Void> refresh(Vertx vertx, HazelcastInstance hazelcast, String map) {
        int rise = unstored.get();
        return submit(vertx, hazelcast, map, new PlanMembersProcessor(planned.get(), Math.max(1, rise), 0))
                .onSuccess(stored -> {
                    unstored.compareAndSet(rise, 0);
                    int number = Math.max(stored, unstored.get());
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
