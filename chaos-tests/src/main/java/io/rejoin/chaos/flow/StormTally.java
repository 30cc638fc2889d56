package io.rejoin.chaos.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What the clients of one process count between two questions.
 *
 * <p>Threading: on the loop.
 */
final class StormTally {

    private static final int DIGITS = 3;
    private static final long NANOS_PER_MS = 1_000_000L;

    private final List<Long> arrivals = new ArrayList<>();
    private Histogram resumes = new Histogram(DIGITS);
    private long slowestDeliveryMs;
    private long slowestPongMs;
    private long deliveries;
    private long repeats;
    private long goAways;
    private long exact;
    private long inexact;
    private long unavailableRooms;
    private final SortedMap<String, Long> closes = new TreeMap<>();
    private final SortedMap<String, Long> errors = new TreeMap<>();

    /** A client opens a connection to another node. */
    void onArrival() {
        arrivals.add(System.currentTimeMillis());
    }

    void onWelcome(long tookNanos, boolean isExact, boolean resumed) {
        if (resumed) {
            resumes.recordValue(Math.max(0, tookNanos / NANOS_PER_MS));
        }
        if (isExact) {
            exact++;
        } else {
            inexact++;
        }
    }

    /**
     * A publication was read.
     *
     * @param delayMs since its room took it
     * @param undisturbed whether by a member whose connection has lasted
     */
    void onDelivery(long delayMs, boolean undisturbed) {
        deliveries++;
        if (undisturbed) {
            slowestDeliveryMs = Math.max(slowestDeliveryMs, delayMs);
        }
    }

    /** A node that was not restarted or killed answered a ping of its own client. */
    void onPong(long tookMs) {
        slowestPongMs = Math.max(slowestPongMs, tookMs);
    }

    void onRepeat() {
        repeats++;
    }

    void onGoAway() {
        goAways++;
    }

    void onUnavailableRoom() {
        unavailableRooms++;
    }

    void onClose(int code) {
        closes.merge(Integer.toString(code), 1L, Long::sum);
    }

    void onError(String code) {
        errors.merge(code, 1L, Long::sum);
    }

    /** Tells everything and begins anew. */
    JsonObject take() {
        JsonObject told = new JsonObject()
                .put("arrivals", new JsonArray(List.copyOf(arrivals)))
                .put("resumed", resumes.getTotalCount())
                .put("resumeP50", resumes.getValueAtPercentile(50))
                .put("resumeP99", resumes.getValueAtPercentile(99))
                .put("resumeMax", resumes.getMaxValue())
                .put("slowestDelivery", slowestDeliveryMs)
                .put("slowestPong", slowestPongMs)
                .put("deliveries", deliveries)
                .put("repeats", repeats)
                .put("goAways", goAways)
                .put("exact", exact)
                .put("inexact", inexact)
                .put("unavailableRooms", unavailableRooms)
                .put("closes", new JsonObject(new TreeMap<>(closes)))
                .put("errors", new JsonObject(new TreeMap<>(errors)));
        arrivals.clear();
        resumes = new Histogram(DIGITS);
        slowestDeliveryMs = 0;
        slowestPongMs = 0;
        deliveries = 0;
        repeats = 0;
        goAways = 0;
        exact = 0;
        inexact = 0;
        unavailableRooms = 0;
        closes.clear();
        errors.clear();
        return told;
    }
}
