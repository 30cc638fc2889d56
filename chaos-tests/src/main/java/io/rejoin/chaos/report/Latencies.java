package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Times from the first sending of a publish to its ack, and to its first delivery to each member, over all resends and reconnects.
 *
 * <p>A publish is within a fault window when any fault lasted at any moment between sending and arrival. A delivery counts for
 * members that had joined before the publish was sent; what they read later of the past is no latency.
 *
 * <p>Threading: one thread. Memory: 8 bytes per publish, two small histograms per second.
 */
final class Latencies {

    private static final int DIGITS = 3;
    private static final int COARSE_DIGITS = 2;
    private static final long NANOS_PER_MICRO = 1_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final FaultLog faults;
    private final Split acks = new Split();
    private final Split deliveries = new Split();
    private final List<Second> seconds = new ArrayList<>();
    private final Map<String, SentAt> sentAt = new HashMap<>();
    private final Map<String, Membership> memberships = new HashMap<>();

    /** In microseconds, inside and outside of fault windows. */
    static final class Split {
        final Histogram inside = new Histogram(DIGITS);
        final Histogram outside = new Histogram(DIGITS);
    }

    /** What happened in one second of the run; latencies in microseconds, in the second in which they ended. */
    static final class Second {
        final Histogram acks = new Histogram(COARSE_DIGITS);
        final Histogram deliveries = new Histogram(COARSE_DIGITS);
    }

    /** Asks the faults which windows there are; they have to know an operation before this does. */
    Latencies(FaultLog faults) {
        this.faults = faults;
    }

    void accept(Op op) {
        if (op instanceof Op.Send o && !o.again()) {
            times(o.value()).put(o.value(), o.at());
        } else if (op instanceof Op.Ack o) {
            acked(o);
        } else if (op instanceof Op.Joined o) {
            Membership membership = memberships.computeIfAbsent(
                    key(o.stream(), o.room()),
                    k -> new Membership(o.at(), o.point().offset()));
            Op.Bounds gap = o.gap();
            if (gap != null && gap.reason().equals("epoch")) {
                membership.reached = o.point().offset();
            }
        } else if (op instanceof Op.Gap o && o.bounds().reason().equals("epoch")) {
            Membership membership = memberships.get(key(o.stream(), o.room()));
            if (membership != null) {
                membership.reached = o.point().offset();
            }
        } else if (op instanceof Op.Delivery o) {
            delivered(o);
        }
    }

    Split acks() {
        return acks;
    }

    Split deliveries() {
        return deliveries;
    }

    /** One for each second since the start of the history. */
    List<Second> seconds() {
        return Collections.unmodifiableList(seconds);
    }

    private void acked(Op.Ack op) {
        SentAt times = times(op.value());
        long sent = times.get(op.value());
        // A repeated answer to what was acknowledged is no second ack.
        if (sent == SentAt.NEVER || !times.settle(op.value())) {
            return;
        }
        long micros = (op.at() - sent) / NANOS_PER_MICRO;
        (faults.touches(sent) ? acks.inside : acks.outside).recordValue(micros);
        second(op.at()).acks.recordValue(micros);
        faults.acknowledged(sent, op.at());
    }

    private void delivered(Op.Delivery op) {
        Membership membership = memberships.get(key(op.stream(), op.room()));
        Point point = op.point();
        if (membership == null || point.offset() <= membership.reached) {
            return;
        }
        membership.reached = point.offset();
        long sent = times(op.value()).get(op.value());
        if (sent == SentAt.NEVER || sent < membership.since) {
            return;
        }
        long micros = (op.at() - sent) / NANOS_PER_MICRO;
        (faults.touches(sent) ? deliveries.inside : deliveries.outside).recordValue(micros);
        second(op.at()).deliveries.recordValue(micros);
    }

    private Second second(long at) {
        int index = (int) (at / NANOS_PER_SECOND);
        while (seconds.size() <= index) {
            seconds.add(new Second());
        }
        return seconds.get(index);
    }

    private SentAt times(String value) {
        return sentAt.computeIfAbsent(value.substring(0, Math.max(0, value.lastIndexOf('.'))), p -> new SentAt());
    }

    private static String key(String stream, String room) {
        return stream.substring(0, Math.max(0, stream.lastIndexOf('#'))) + ' ' + room;
    }

    private static final class Membership {
        final long since;
        long reached;

        Membership(long since, long reached) {
            this.since = since;
            this.reached = reached;
        }
    }

    /** When the publishes of one publisher were first sent, by their sequence; negative once settled. */
    private static final class SentAt {
        static final long NEVER = 0;

        private long[] times = new long[256];

        void put(String value, long at) {
            int sequence = sequence(value);
            if (sequence >= times.length) {
                times = Arrays.copyOf(times, Math.max(sequence + 1, times.length * 2));
            }
            times[sequence] = Math.max(1, at);
        }

        long get(String value) {
            int sequence = sequence(value);
            return sequence < times.length ? Math.abs(times[sequence]) : NEVER;
        }

        /** Whether it was not settled before. */
        boolean settle(String value) {
            int sequence = sequence(value);
            boolean isFirst = times[sequence] > 0;
            times[sequence] = -Math.abs(times[sequence]);
            return isFirst;
        }

        private static int sequence(String value) {
            return Integer.parseInt(value.substring(value.lastIndexOf('.') + 1));
        }
    }
}
