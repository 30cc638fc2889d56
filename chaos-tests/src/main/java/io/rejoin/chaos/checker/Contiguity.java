package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every stream is contiguous from the point that it asked for, or a gap stands in between, whose bounds are true; at the end every
 * client has all that its rooms hold.
 *
 * <p>Whether bounds are true is known when the final reads are: what is retained then was retained always, so a {@code retention}
 * gap that covers it is false; what stands in the log then under the epoch that a client had was never void, so an {@code epoch} gap
 * that voids it is false.
 */
public final class Contiguity implements Checker {

    private final Findings findings = new Findings("Contiguity");
    /** Where a stream is, by stream and room. */
    private final Map<String, Point> streams = new HashMap<>();
    /** Where a client is over all its connections, by client and room. */
    private final Map<String, Map<String, Point>> clients = new TreeMap<>();

    private final Map<String, Long> reads = new HashMap<>();
    private final Map<String, Long> skipped = new HashMap<>();
    private final Map<String, Point> heads = new TreeMap<>();
    private final Map<String, Set<Point>> finals = new HashMap<>();
    private final List<Claim> claims = new ArrayList<>();

    @Override
    public void accept(Op op) {
        if (op instanceof Op.Joined o) {
            joined(o);
        } else if (op instanceof Op.Delivery o) {
            delivered(o);
        } else if (op instanceof Op.Gap o) {
            Point before = streams.get(key(o.stream(), o.room()));
            if (before == null) {
                findings.broken("not joined", "gap of " + o.room() + " in " + o.stream() + " before joined");
            } else {
                gap(o.stream(), o.room(), before, o.bounds(), o.point());
            }
            moveTo(o.stream(), o.room(), o.point(), o.bounds().reason().equals("epoch"));
        } else if (op instanceof Op.Read o) {
            read(o);
        } else if (op instanceof Op.ReadEnd o) {
            readEnd(o);
        }
    }

    @Override
    public Verdict finish() {
        claims.forEach(this::judge);
        clients.forEach((client, rooms) -> rooms.forEach((room, point) -> {
            Point head = heads.get(room);
            if (head == null) {
                findings.unclear("not read", "room " + room + " was not read at the end");
            } else if (point.offset() != head.offset()) {
                findings.broken(
                        "not caught up", client + " ended at " + point + " of " + room + ", whose head is " + head);
            }
        }));
        if (clients.isEmpty()) {
            findings.unclear("nothing joined", "the history has no membership");
        }
        return findings.verdict();
    }

    private void joined(Op.Joined op) {
        Point asked = op.asked();
        Op.Bounds gap = op.gap();
        findings.count("joined " + op.outcome());
        String where = op.room() + " in " + op.stream() + ", asked for " + asked + ", got " + op.point();
        switch (op.outcome()) {
            case "live" -> {
                if (asked != null) {
                    findings.broken("not resumed", where + " with the outcome live");
                }
            }
            case "resumed" -> {
                boolean same = asked != null
                        && (asked.equals(Point.START) ? op.point().offset() == 0 : asked.equals(op.point()));
                if (!same) {
                    findings.broken("resumed elsewhere", where);
                }
            }
            case "gap" -> {
                if (asked == null || gap == null) {
                    findings.broken("unexplained gap", where);
                } else {
                    gap(op.stream(), op.room(), asked, gap, op.point());
                }
            }
            default -> findings.broken("unknown outcome", where + ": " + op.outcome());
        }
        moveTo(op.stream(), op.room(), op.point(), gap != null && gap.reason().equals("epoch"));
    }

    private void delivered(Op.Delivery op) {
        findings.count("delivered");
        Point before = streams.get(key(op.stream(), op.room()));
        String where = op.point() + " of " + op.room() + " in " + op.stream() + " after " + before;
        if (before == null) {
            findings.broken("not joined", where);
        } else if (op.point().offset() > before.offset() + 1) {
            findings.broken("silent hole", where);
        } else if (op.point().offset() <= before.offset()) {
            findings.broken("went back", where);
        }
        moveTo(op.stream(), op.room(), op.point(), false);
    }

    private void gap(String stream, String room, Point before, Op.Bounds bounds, Point point) {
        findings.count("gap " + bounds.reason());
        String where = bounds + " of " + room + " in " + stream + " from " + before + " to " + point;
        if (bounds.reason().equals("epoch")) {
            boolean told = bounds.from() >= 0;
            long common = told ? bounds.from() - 1 : point.offset();
            if (told && (bounds.to() != point.offset() || bounds.from() > bounds.to())) {
                findings.broken("false bounds", where);
            }
            claims.add(new Claim(room, before, common, -1, where));
        } else {
            if (bounds.from() != before.offset() + 1 || bounds.to() != point.offset() || bounds.from() > bounds.to()) {
                findings.broken("false bounds", where);
            }
            if (bounds.reason().equals("retention")) {
                claims.add(new Claim(room, null, -1, bounds.to(), where));
            }
        }
    }

    private void judge(Claim claim) {
        Long let = skipped.get(claim.room);
        if (let == null) {
            findings.unclear("not read", "room " + claim.room + " was not read at the end: " + claim.where);
            return;
        }
        if (claim.retainedTo > let) {
            findings.broken("false retention", claim.where + ", although the log retains from " + (let + 1));
        }
        Point had = claim.had;
        if (had != null
                && had.offset() > claim.common
                && finals.getOrDefault(claim.room, Set.of()).contains(had)) {
            findings.broken("false epoch", claim.where + ", although " + had + " is in the log");
        }
    }

    private void read(Op.Read op) {
        finals.computeIfAbsent(op.room(), r -> new HashSet<>()).add(op.point());
        Long before = reads.put(key(op.node(), op.room()), op.point().offset());
        if (before != null && op.point().offset() != before + 1) {
            findings.broken(
                    "hole in a read", op.point() + " of " + op.room() + " through " + op.node() + " after " + before);
        }
        findings.count("read");
    }

    private void readEnd(Op.ReadEnd op) {
        // Nodes are read one after the other in a quiet cluster; what the first one let go is the least.
        skipped.merge(op.room(), op.skipped(), Math::min);
        Point head = heads.putIfAbsent(op.room(), op.head());
        if (head != null && !head.equals(op.head())) {
            findings.broken("two heads", op.room() + ": " + head + ", then " + op.head() + " through " + op.node());
        }
        long last = reads.getOrDefault(key(op.node(), op.room()), op.skipped());
        if (last != op.head().offset()) {
            findings.broken(
                    "short read", op.room() + " through " + op.node() + " ended at " + last + " of " + op.head());
        }
    }

    private void moveTo(String stream, String room, Point point, boolean other) {
        streams.put(key(stream, room), point);
        Map<String, Point> rooms = clients.computeIfAbsent(client(stream), c -> new HashMap<>());
        Point reached = rooms.get(room);
        if (other || reached == null || reached.offset() < point.offset()) {
            rooms.put(room, point);
        }
    }

    private static String client(String stream) {
        return stream.substring(0, Math.max(0, stream.lastIndexOf('#')));
    }

    private static String key(String stream, String room) {
        return stream + ' ' + room;
    }

    /** What a gap says about the log, to be judged at the end. */
    private record Claim(String room, @Nullable Point had, long common, long retainedTo, String where) {}
}
