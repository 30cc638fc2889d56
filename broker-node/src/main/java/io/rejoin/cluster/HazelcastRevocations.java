package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.rejoin.auth.Revocation;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.auth.RevocationList;
import io.rejoin.auth.RevocationStore;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Revocations as entries of one Hazelcast map, each of which the map forgets by itself, and the list of those that hold, read from it.
 *
 * <p>Who adds one changes a mark in the map afterwards. Every node looks at the mark several times a second, one entry, and reads the
 * whole map when it has changed, and now and then anyway. Unlike events, which may be lost, a look cannot be missed.
 *
 * <p>A revocation is its key, so to add it twice is to add it once; the value is when it ends.
 *
 * <p>Threading: thread-safe; {@link #add} is to be called on a Vert.x context. Failure: while the map cannot be read the last list holds.
 */
public final class HazelcastRevocations implements RevocationStore, Supplier<RevocationList> {

    private static final Logger LOG = LoggerFactory.getLogger(HazelcastRevocations.class);
    private static final String MARK = "mark";
    private static final char SEPARATOR = '|';
    private static final int PARTS = 5;
    private static final long LOOK_MS = 300;
    private static final long REREAD_MS = 30_000;
    private static final long RETRY_MS = 250;

    private final Vertx vertx;
    private final IMap<String, String> revocations;
    private final InstantSource clock;
    private volatile RevocationList list = RevocationList.EMPTY;
    private volatile String markSeen = "";
    private volatile long readAtMs;

    /**
     * Opens the map; blocks while it is created.
     *
     * @param map name of the map, protected against minorities
     * @param clock that the end of a revocation is measured with
     */
    public HazelcastRevocations(Vertx vertx, HazelcastInstance hazelcast, String map, InstantSource clock) {
        this.vertx = vertx;
        this.revocations = hazelcast.getMap(map);
        this.clock = clock;
    }

    /**
     * Begins to keep the list.
     *
     * @param whenChanged told on a Vert.x context whenever the list has changed
     * @return succeeded once the list was read; tries until the cluster answers
     */
    public Future<Void> start(Runnable whenChanged) {
        return read(whenChanged).onSuccess(read -> lookLater(whenChanged)).recover(unavailable -> {
            LOG.debug("revocations are not available yet", unavailable);
            return vertx.timer(RETRY_MS, TimeUnit.MILLISECONDS).compose(waited -> start(whenChanged));
        });
    }

    /** The revocations that hold. */
    @Override
    public RevocationList get() {
        return list;
    }

    @Override
    public Future<Void> add(Revocation revocation) {
        long restMs = Math.max(1, revocation.untilMs() - clock.millis());
        return keep(keyOf(revocation), new KeepRevocationProcessor(Long.toString(revocation.untilMs()), restMs))
                .compose(kept ->
                        keep(MARK, new KeepRevocationProcessor(UUID.randomUUID().toString(), 0)));
    }

    private Future<Void> keep(String key, KeepRevocationProcessor processor) {
        try {
            return HazelcastFutures.onCallersLoop(vertx, revocations.submitToKey(key, processor))
                    .mapEmpty();
        } catch (RuntimeException notActive) {
            return Future.failedFuture(notActive);
        }
    }

    private void lookLater(Runnable whenChanged) {
        vertx.setTimer(
                LOOK_MS,
                fired -> look(whenChanged)
                        .onFailure(unknown -> LOG.debug("revocations were not looked at", unknown))
                        .onComplete(looked -> lookLater(whenChanged)));
    }

    private Future<Void> look(Runnable whenChanged) {
        return mark().compose(mark -> mark.equals(markSeen) && clock.millis() - readAtMs < REREAD_MS
                ? Future.succeededFuture()
                : read(whenChanged));
    }

    private Future<String> mark() {
        try {
            return HazelcastFutures.onCallersLoop(vertx, revocations.getAsync(MARK))
                    .map(mark -> mark == null ? "" : mark);
        } catch (RuntimeException notActive) {
            return Future.failedFuture(notActive);
        }
    }

    /** The mark is read before the map: what is added in between changes it once more. */
    private Future<Void> read(Runnable whenChanged) {
        return mark().compose(mark -> vertx.executeBlocking(this::readAll, false)
                .onSuccess(read -> {
                    markSeen = mark;
                    readAtMs = clock.millis();
                    if (!read.equals(list)) {
                        list = read;
                        whenChanged.run();
                    }
                })
                .mapEmpty());
    }

    private RevocationList readAll() {
        List<Revocation> all = new ArrayList<>();
        long now = clock.millis();
        for (Map.Entry<String, String> entry : revocations.entrySet()) {
            if (!entry.getKey().equals(MARK)) {
                Revocation one = revocation(entry.getKey(), Long.parseLong(entry.getValue()));
                if (one.untilMs() > now) {
                    all.add(one);
                }
            }
        }
        return new RevocationList(all);
    }

    private static String keyOf(Revocation one) {
        return "1" + SEPARATOR + one.scope() + SEPARATOR + one.issuedBeforeMs() + SEPARATOR + one.soft() + SEPARATOR
                + one.subject();
    }

    private static Revocation revocation(String key, long untilMs) {
        String[] parts = key.split("\\|", PARTS);
        return new Revocation(
                Scope.valueOf(parts[1]), parts[4], Long.parseLong(parts[2]), Boolean.parseBoolean(parts[3]), untilMs);
    }
}
