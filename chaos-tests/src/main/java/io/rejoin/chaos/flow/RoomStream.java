package io.rejoin.chaos.flow;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one member saw of one room, over all of its connections, held against what the protocol promises: every offset after the first
 * position arrives in order, or lies in an announced range, and nothing of such a range arrives.
 *
 * <p>The room has one publisher that counts its publications, so that an offset tells the count, and, where it uses keys in turn,
 * the key.
 *
 * <p>Threading: confined to one thread. Limits: 32 faults are kept.
 */
final class RoomStream {

    private static final int MAX_FAULTS = 32;
    private static final long UNKNOWN = Long.MIN_VALUE;
    private static final long NOT_JOINED = -1;

    private final long[] newestReceived;
    private final long[] newestSkipped;
    private final SortedMap<String, Long> missing = new TreeMap<>();
    private final SortedMap<String, Long> gaps = new TreeMap<>();
    private final List<String> faults = new ArrayList<>();
    private String epoch = "";
    private long offset = NOT_JOINED;
    private long received;
    private long skippedFrom;
    private long skippedTo;
    private long offsetOfCount = UNKNOWN;

    /**
     * Starts without a position.
     *
     * @param keys how many keys the publisher uses in turn; 0 for none
     */
    RoomStream(int keys) {
        newestReceived = new long[keys];
        newestSkipped = new long[keys];
        Arrays.fill(newestReceived, -1);
        Arrays.fill(newestSkipped, -1);
    }

    boolean isJoined() {
        return offset != NOT_JOINED;
    }

    /** Epoch of the position. */
    String epoch() {
        return epoch;
    }

    /** Offset of the position. */
    long offset() {
        return offset;
    }

    /** Durable publications that arrived. */
    long received() {
        return received;
    }

    /** Publications announced as missing, by reason. */
    SortedMap<String, Long> missing() {
        return missing;
    }

    /** Gaps told, by reason, those in {@code joined} included. */
    SortedMap<String, Long> gaps() {
        return gaps;
    }

    /** What broke a promise. */
    List<String> faults() {
        return faults;
    }

    /** The node answered a join, or a hello that listed the room. */
    void onJoined(ServerFrame joined) {
        ServerFrame position = joined.position;
        if (position == null) {
            fault("joined without a position, error " + (joined.error == null ? "none" : joined.error.code));
            return;
        }
        ServerFrame gap = joined.gap;
        if (gap != null) {
            skip(gap, position);
        } else if (isJoined() && position.offset != offset) {
            fault("resumed at " + position.offset + " (expected: " + offset + ", where it was)");
        }
        offset = position.offset;
        epoch = position.epoch;
    }

    /** A gap frame arrived. */
    void onGap(ServerFrame gap) {
        ServerFrame position = gap.position;
        if (position == null) {
            fault("gap without a position");
            return;
        }
        skip(gap, position);
        offset = position.offset;
        epoch = position.epoch;
    }

    /** A publication with an offset arrived. */
    void onPublication(ServerFrame publication) {
        long got = publication.offset;
        if (got != offset + 1) {
            boolean announced = got >= skippedFrom && got <= skippedTo;
            fault("publication " + got + " behind " + offset + " (expected: the next one"
                    + (announced ? "; it was announced as missing)" : ", or a gap before it)"));
        }
        long shift = got - publication.count;
        if (offsetOfCount == UNKNOWN) {
            offsetOfCount = shift;
        } else if (offsetOfCount != shift) {
            fault("publication " + got + " is the publisher's " + publication.count + " (expected: "
                    + (got - offsetOfCount) + ")");
        }
        if (newestReceived.length > 0) {
            newestReceived[(int) (got % newestReceived.length)] = got;
        }
        if (!publication.epoch.isEmpty()) {
            epoch = publication.epoch;
        }
        offset = Math.max(offset, got);
        received++;
    }

    /**
     * To be asked when the member is at the head: whether it got a newer value for each key of which one was skipped.
     */
    void checkKeys() {
        for (int i = 0; i < newestSkipped.length; i++) {
            if (newestSkipped[i] >= newestReceived[i]) {
                fault("publication " + newestSkipped[i]
                        + " was skipped as conflated (expected: a newer one of its key, the newest is "
                        + newestReceived[i] + ")");
            }
            newestSkipped[i] = -1;
        }
    }

    private void skip(ServerFrame gap, ServerFrame position) {
        gaps.merge(gap.reason, 1L, Long::sum);
        if (gap.from != offset + 1 || gap.to != position.offset || gap.to < gap.from) {
            fault("gap " + gap.reason + " from " + gap.from + " to " + gap.to + " with the position " + position.offset
                    + " behind " + offset);
            return;
        }
        missing.merge(gap.reason, gap.to - gap.from + 1, Long::sum);
        skippedFrom = gap.from;
        skippedTo = gap.to;
        if (gap.reason.equals("conflated") && newestSkipped.length > 0) {
            long first = Math.max(gap.from, gap.to - newestSkipped.length + 1);
            for (long skipped = first; skipped <= gap.to; skipped++) {
                newestSkipped[(int) (skipped % newestSkipped.length)] = skipped;
            }
        }
    }

    private void fault(String what) {
        if (faults.size() < MAX_FAULTS) {
            faults.add(what);
        }
    }
}
