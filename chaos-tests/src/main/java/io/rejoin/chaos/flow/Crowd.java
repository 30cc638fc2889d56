package io.rejoin.chaos.flow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Members of one room that behave alike.
 *
 * <p>Threading: thread-safe by the loop that it asks; methods wait for it.
 */
final class Crowd {

    private static final Duration JOIN_LIMIT = Duration.ofSeconds(30);

    private final FlowLoop loop;
    private final String room;
    private final List<FlowMember> members;

    private Crowd(FlowLoop loop, String room, List<FlowMember> members) {
        this.loop = loop;
        this.room = room;
        this.members = members;
    }

    /**
     * Opens connections and waits until all are joined.
     *
     * @param options one per member
     */
    static Crowd join(
            FlowLoop loop,
            List<FlowSocket.Options> options,
            String room,
            int keys,
            Pace pace,
            Consumer<ServerFrame> watch) {
        List<FlowMember> members = new ArrayList<>();
        for (FlowSocket.Options each : options) {
            members.add(new FlowMember(loop, each, room, keys, pace, watch));
        }
        Crowd crowd = new Crowd(loop, room, List.copyOf(members));
        loop.run(() -> members.forEach(FlowMember::connect));
        crowd.awaitJoined();
        return crowd;
    }

    int size() {
        return members.size();
    }

    List<FlowMember> members() {
        return members;
    }

    private void awaitJoined() {
        loop.await(
                () -> members.stream().allMatch(FlowMember::isJoined),
                JOIN_LIMIT,
                () -> "joined " + members.stream().filter(FlowMember::isJoined).count() + " of " + members.size()
                        + " members of " + room + ", closes=" + merged(FlowMember::closes));
    }

    void pace(Pace next) {
        loop.run(() -> members.forEach(member -> member.pace(next)));
    }

    void leave() {
        loop.run(() -> members.forEach(FlowMember::leave));
    }

    /** The offset that all have reached; to be called on the loop. */
    long slowest() {
        long slowest = Long.MAX_VALUE;
        for (FlowMember member : members) {
            slowest = Math.min(slowest, member.stream().offset());
        }
        return slowest;
    }

    /** Waits until all have read, or were told not to get, everything up to an offset. */
    void awaitOffset(long offset, Duration limit) {
        loop.await(
                () -> slowest() >= offset,
                limit,
                () -> "members of " + room + " at " + slowest() + " (expected: " + offset + "), closes="
                        + merged(FlowMember::closes) + " gaps="
                        + merged(m -> m.stream().gaps()));
    }

    long sum(ToLongFunction<FlowMember> value) {
        return loop.call(() -> members.stream().mapToLong(value).sum());
    }

    /** Counts of all members, by key. */
    <K extends Comparable<K>> SortedMap<K, Long> counts(Function<FlowMember, SortedMap<K, Long>> counts) {
        return loop.call(() -> merged(counts));
    }

    private <K extends Comparable<K>> SortedMap<K, Long> merged(Function<FlowMember, SortedMap<K, Long>> counts) {
        SortedMap<K, Long> all = new TreeMap<>();
        members.forEach(member -> counts.apply(member).forEach((key, count) -> all.merge(key, count, Long::sum)));
        return all;
    }

    /** What broke a promise, of all members. */
    List<String> faults() {
        return loop.call(() -> {
            List<String> faults = new ArrayList<>();
            members.forEach(member -> faults.addAll(member.stream().faults()));
            return faults;
        });
    }
}
