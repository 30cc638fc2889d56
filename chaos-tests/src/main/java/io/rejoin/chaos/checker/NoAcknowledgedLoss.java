package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What was acknowledged can be read at the end, through every node, in every final read.
 *
 * <p>What is lost is told apart by where it was, since each place points to another fault: before everything that survived
 * (prefix), after it (postfix), or between (middle); by the node through which it is missing; and whether the node that acknowledged
 * it was cut off from the majority then. What the log has let go by its bounds must have been seen by a subscriber, but for what a
 * conflated room may leave out.
 *
 * <p>Where all copies were made to die at once, what was acknowledged before may be void: a loss of that kind is counted apart, as
 * long as it is the end of an epoch that is lost and not a hole. That the members were told is for {@link Contiguity} to say.
 */
public final class NoAcknowledgedLoss implements Checker {

    private final Findings findings = new Findings("NoAcknowledgedLoss");
    private final Phases phases = new Phases();
    private final Lineages logs = new Lineages();
    private final Map<String, RoomState> rooms = new TreeMap<>();
    /** Nodes that are cut off, by the fault that did it. */
    private final Map<Integer, Op.FaultStart> cutOff = new TreeMap<>();
    /** Faults that kill all copies, and have no end yet. */
    private final Set<Integer> losing = new HashSet<>();

    private long lossUntil = Long.MIN_VALUE;

    @Override
    public void accept(Op op) {
        phases.accept(op);
        logs.accept(op);
        if (op instanceof Op.Ack o) {
            acked(o);
        } else if (op instanceof Op.Delivery o) {
            room(o.room()).see(o.point());
        } else if (op instanceof Op.Read o) {
            room(o.room()).see(o.point());
            if (phases.isFinalRead()) {
                room(o.room()).read(o.node()).put(o.value(), o.point());
            }
        } else if (op instanceof Op.ReadEnd o && phases.isFinalRead()) {
            RoomState room = room(o.room());
            Map<String, Point> read = room.read(o.node());
            room.open.remove(o.node());
            compare(o, room, read);
        } else if (op instanceof Op.FaultStart o) {
            if (Phases.cutsOff(o.fault())) {
                cutOff.put(o.id(), o);
            } else if (Phases.losesCopies(o.fault())) {
                losing.add(o.id());
            }
        } else if (op instanceof Op.FaultEnd o) {
            cutOff.remove(o.id());
            if (losing.remove(o.id())) {
                lossUntil = o.at();
            }
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

    private void acked(Op.Ack op) {
        String cut = null;
        for (Op.FaultStart fault : cutOff.values()) {
            if (fault.nodes().contains(op.node())) {
                cut = fault.fault();
                findings.count("acknowledged while cut off");
            }
        }
        if (room(op.room()).acked.putIfAbsent(op.value(), new Acked(op.point(), op.at(), op.node(), cut)) == null) {
            findings.count("acknowledged");
        }
    }

    private void compare(Op.ReadEnd end, RoomState room, Map<String, Point> read) {
        room.isRead = true;
        Map<String, Acked> lost = new LinkedHashMap<>();
        long lowest = Long.MAX_VALUE;
        long highest = -1;
        for (Map.Entry<String, Acked> entry : room.acked.entrySet()) {
            Acked acked = entry.getValue();
            long offset = acked.point.offset();
            if (read.containsKey(entry.getKey())) {
                lowest = Math.min(lowest, offset);
                highest = Math.max(highest, offset);
            } else if (offset > end.skipped()) {
                lost.put(entry.getKey(), acked);
            } else if (!room.saw(acked.point)) {
                room.letGo.add(entry.getKey());
            }
        }
        for (Map.Entry<String, Acked> entry : lost.entrySet()) {
            long offset = entry.getValue().point.offset();
            String place = highest < 0 || offset > highest ? "postfix" : offset < lowest ? "prefix" : "middle";
            String where = "not there through " + end.node() + " (retained " + (end.skipped() + 1) + " to " + end.head()
                    + ")" + (phases.phase().isEmpty() ? "" : " in the phase " + phases.phase());
            room.losses
                    .computeIfAbsent(entry.getKey(), v -> new Loss(entry.getValue(), place, where))
                    .nodes
                    .add(end.node());
        }
    }

    private void finish(String name, RoomState room) {
        if (room.acked.isEmpty()) {
            return;
        }
        if (!room.isRead) {
            findings.unclear("not read", "room " + name + " was not read at the end");
        }
        room.open
                .keySet()
                .forEach(node ->
                        findings.unclear("not read", "room " + name + " was not read to its end through " + node));
        room.losses.forEach((value, loss) -> lost(name, value, loss));
        for (String value : room.letGo) {
            if (Rooms.isConflated(name)) {
                findings.count("let go unseen in a conflated room");
            } else {
                findings.unclear(
                        "let go unseen",
                        value + " acknowledged in " + name + ": below the retained log and seen by nobody");
            }
        }
    }

    private void lost(String room, String value, Loss loss) {
        Acked acked = loss.acked;
        boolean provoked = phases.lossBegun() && (!losing.isEmpty() || acked.at <= lossUntil);
        if (provoked && logs.place(room, acked.point) == Lineages.Place.VOID) {
            findings.count("expected loss");
            return;
        }
        loss.nodes.forEach(node -> findings.count("lost through " + node));
        if (acked.cutOffBy != null) {
            findings.count("lost, acknowledged while cut off");
        }
        findings.broken(
                "lost " + loss.place,
                value + " acknowledged at " + acked.point + " in " + room + " by " + acked.node
                        + (acked.cutOffBy == null ? "" : ", cut off by " + acked.cutOffBy) + ", " + loss.where);
    }

    private RoomState room(String name) {
        return rooms.computeIfAbsent(name, n -> new RoomState());
    }

    private record Acked(
            Point point, long at, String node, @Nullable String cutOffBy) {}

    private static final class Loss {
        final Acked acked;
        final String place;
        final String where;
        final Set<String> nodes = new TreeSet<>();

        Loss(Acked acked, String place, String where) {
            this.acked = acked;
            this.place = place;
            this.where = where;
        }
    }

    private static final class RoomState {
        final Map<String, Acked> acked = new HashMap<>();
        /** Offsets that somebody was shown, by epoch. */
        final Map<String, BitSet> seen = new HashMap<>();
        /** What a node shows, until its read is complete. */
        final Map<String, Map<String, Point>> open = new TreeMap<>();

        final Map<String, Loss> losses = new TreeMap<>();
        final Set<String> letGo = new TreeSet<>();
        boolean isRead;

        void see(Point point) {
            seen.computeIfAbsent(point.epoch(), e -> new BitSet()).set((int) point.offset());
        }

        boolean saw(Point point) {
            BitSet offsets = seen.get(point.epoch());
            return offsets != null && offsets.get((int) point.offset());
        }

        Map<String, Point> read(String node) {
            return open.computeIfAbsent(node, n -> new HashMap<>());
        }
    }
}
