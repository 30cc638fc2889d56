package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What was acknowledged can be read at the end, through every node.
 *
 * <p>What is lost is told apart by where it was, since each place points to another fault: before everything that survived
 * (prefix), after it (postfix), or between (middle). What the log has let go by its bounds must have been seen by a subscriber.
 */
public final class NoAcknowledgedLoss implements Checker {

    private final Findings findings = new Findings("NoAcknowledgedLoss");
    private final Map<String, RoomState> rooms = new TreeMap<>();

    @Override
    public void accept(Op op) {
        if (op instanceof Op.Ack o) {
            RoomState room = room(o.room());
            if (room.acked.putIfAbsent(o.value(), o.point()) == null) {
                findings.count("acknowledged");
            }
        } else if (op instanceof Op.Delivery o) {
            room(o.room()).delivered.add(o.value());
        } else if (op instanceof Op.Read o) {
            room(o.room()).read(o.node()).values.add(o.value());
        } else if (op instanceof Op.ReadEnd o) {
            NodeRead read = room(o.room()).read(o.node());
            read.skipped = o.skipped();
            read.head = o.head();
        }
    }

    @Override
    public Verdict finish() {
        if (rooms.values().stream().allMatch(room -> room.acked.isEmpty())) {
            findings.unclear("nothing acknowledged", "the history has no ack");
        }
        rooms.forEach(this::finish);
        return findings.verdict();
    }

    private void finish(String name, RoomState room) {
        if (room.acked.isEmpty()) {
            return;
        }
        if (room.reads.isEmpty()) {
            findings.unclear("not read", "room " + name + " was not read at the end");
        }
        room.reads.forEach((node, read) -> finish(name, node, room, read));
    }

    private void finish(String name, String node, RoomState room, NodeRead read) {
        if (read.head == null) {
            findings.unclear("not read", "room " + name + " was not read to its end through " + node);
            return;
        }
        Set<String> lost = new HashSet<>();
        long lowest = Long.MAX_VALUE;
        long highest = -1;
        for (Map.Entry<String, Point> entry : room.acked.entrySet()) {
            long offset = entry.getValue().offset();
            if (read.values.contains(entry.getKey())) {
                lowest = Math.min(lowest, offset);
                highest = Math.max(highest, offset);
            } else if (offset > read.skipped) {
                lost.add(entry.getKey());
            } else if (!room.delivered.contains(entry.getKey())) {
                findings.unclear(
                        "let go unseen",
                        entry.getKey() + " at " + entry.getValue() + " in " + name + ": below the retained log of "
                                + node + " and seen by nobody");
            }
        }
        for (String value : lost) {
            Point point = room.acked.get(value);
            if (point == null) {
                continue;
            }
            String place = highest < 0 || point.offset() > highest
                    ? "lost postfix"
                    : point.offset() < lowest ? "lost prefix" : "lost middle";
            findings.broken(
                    place,
                    value + " acknowledged at " + point + " in " + name + ", not there through " + node + " (retained "
                            + (read.skipped + 1) + " to " + read.head + ")");
        }
    }

    private RoomState room(String name) {
        return rooms.computeIfAbsent(name, n -> new RoomState());
    }

    private static final class RoomState {
        final Map<String, Point> acked = new HashMap<>();
        final Set<String> delivered = new HashSet<>();
        final Map<String, NodeRead> reads = new TreeMap<>();

        NodeRead read(String node) {
            return reads.computeIfAbsent(node, n -> new NodeRead());
        }
    }

    private static final class NodeRead {
        final Set<String> values = new HashSet<>();
        long skipped;

        @Nullable
        Point head;
    }
}
