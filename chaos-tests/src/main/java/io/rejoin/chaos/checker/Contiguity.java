package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Every stream is contiguous from the point that it asked for, or a gap stands in between, whose bounds are true; at the end every
 * client has all that its rooms hold, and knows nothing that is void without having been told.
 *
 * <p>Whether bounds are true is known when the final reads are: what is retained then was retained always, so a {@code retention}
 * gap that covers it is false, and so is a {@code joined} that is not exact because of it; what is in the log then was never void, so
 * an {@code epoch} gap that voids it is false. A {@code conflated} gap is false when it leaves out the newest value of a key, and in
 * a room that does not conflate.
 */
public final class Contiguity implements Checker {

    private final Findings findings = new Findings("Contiguity");
    private final Phases phases = new Phases();
    private final Lineages logs = new Lineages();
    /** Where a stream is, by stream and room. */
    private final Map<String, Point> streams = new HashMap<>();
    /** What a client knows over all its connections, by client and room. */
    private final Map<String, Map<String, Knowledge>> clients = new TreeMap<>();
    /** The first and the last head that the final reads showed. */
    private final Map<String, Heads> heads = new TreeMap<>();

    private final Map<String, Long> skipped = new HashMap<>();
    private final Map<String, KeyedLog> keyed = new HashMap<>();
    private final List<Claim> claims = new ArrayList<>();

    @Override
    public void accept(Op op) {
        phases.accept(op);
        logs.accept(op);
        if (op instanceof Op.Joined o) {
            joined(o);
        } else if (op instanceof Op.Delivery o) {
            delivered(o);
            show(o.room(), o.point(), o.value());
        } else if (op instanceof Op.Gap o) {
            Point before = streams.put(Streams.key(o.stream(), o.room()), o.point());
            if (before == null) {
                findings.broken("not joined", "gap of " + o.room() + " in " + o.stream() + " before joined");
            } else {
                gap(o.stream(), o.room(), before, o.bounds(), o.point());
            }
        } else if (op instanceof Op.Ack o) {
            show(o.room(), o.point(), o.value());
        } else if (op instanceof Op.Read o) {
            show(o.room(), o.point(), o.value());
        } else if (op instanceof Op.ReadEnd o && phases.isFinalRead()) {
            // The log goes on between the reads: what the last one still had was there all the time.
            skipped.merge(o.room(), o.skipped(), Math::max);
            Heads before = heads.get(o.room());
            heads.put(o.room(), new Heads(before == null ? o.head() : before.first, o.head()));
        }
    }

    @Override
    public Verdict finish() {
        claims.forEach(this::judge);
        clients.forEach((client, rooms) -> rooms.forEach((room, knowledge) -> judge(client, room, knowledge)));
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
        Knowledge knowledge = knowledge(op.stream(), op.room());
        streams.put(Streams.key(op.stream(), op.room()), op.point());
        if (asked == null) {
            knowledge.forget();
        } else {
            // A client that asks for less than it knew takes the rest back.
            knowledge.cut(asked.offset());
        }
        switch (op.outcome()) {
            case "live" -> {
                if (asked != null) {
                    findings.broken("not resumed", where + " with the outcome live");
                }
                knowledge.add(op.point());
            }
            case "resumed" -> {
                boolean same = asked != null
                        && (asked.equals(Point.START) ? op.point().offset() == 0 : asked.equals(op.point()));
                if (!same) {
                    findings.broken("resumed elsewhere", where);
                }
                knowledge.add(op.point());
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
    }

    private void delivered(Op.Delivery op) {
        findings.count("delivered");
        Point before = streams.put(Streams.key(op.stream(), op.room()), op.point());
        String where = op.point() + " of " + op.room() + " in " + op.stream() + " after " + before;
        if (before == null) {
            findings.broken("not joined", where);
        } else if (op.point().offset() > before.offset() + 1) {
            findings.broken("silent hole", where);
        } else if (op.point().offset() <= before.offset()) {
            findings.broken("went back", where);
        }
        knowledge(op.stream(), op.room()).add(op.point());
    }

    private void gap(String stream, String room, Point before, Op.Bounds bounds, Point point) {
        findings.count("gap " + bounds.reason());
        String where = bounds + " of " + room + " in " + stream + " from " + before + " to " + point;
        Knowledge knowledge = knowledge(stream, room);
        if (bounds.reason().equals("epoch")) {
            boolean told = bounds.from() >= 0;
            long common = told ? bounds.from() - 1 : point.offset();
            if (told && (bounds.to() != point.offset() || bounds.from() > bounds.to())) {
                findings.broken("false bounds", where);
            }
            Point had = knowledge.firstAfter(common);
            claims.add(new Claim(room, bounds, had != null || before.offset() <= common ? had : before, where));
            knowledge.cut(common);
            knowledge.reach(point.offset());
            return;
        }
        knowledge.reach(point.offset());
        if (bounds.from() != before.offset() + 1 || bounds.to() != point.offset() || bounds.from() > bounds.to()) {
            findings.broken("false bounds", where);
        }
        if (bounds.reason().equals("conflated") && !Rooms.isConflated(room)) {
            findings.broken("conflated unasked", where);
        }
        claims.add(new Claim(room, bounds, null, where));
    }

    private void judge(Claim claim) {
        Long let = skipped.get(claim.room);
        if (let == null) {
            findings.unclear("not read", "room " + claim.room + " was not read at the end: " + claim.where);
            return;
        }
        boolean isRetained = claim.bounds.to() > let;
        switch (claim.bounds.reason()) {
            case "retention" -> {
                // A log that began anew since retains other publications at the same offsets.
                if (isRetained && !phases.lossBegun()) {
                    findings.broken("false retention", claim.where + ", although the log retains from " + (let + 1));
                }
            }
            case "epoch" -> {
                Point had = claim.had;
                if (had != null && logs.place(claim.room, had) == Lineages.Place.IN_LOG) {
                    findings.broken("false epoch", claim.where + ", although " + had + " is in the log");
                }
            }
            case "conflated" -> {
                KeyedLog log = keyed.get(claim.room);
                Long kept = log == null ? null : log.newest(claim.bounds.from(), claim.bounds.to());
                if (kept != null && !phases.lossBegun()) {
                    findings.broken("newest left out", claim.where + ", although nothing replaced offset " + kept);
                }
            }
            default -> findings.count("gaps not judged");
        }
    }

    private void judge(String client, String room, Knowledge knowledge) {
        if (Streams.isTransient(client)) {
            return;
        }
        Heads read = heads.get(room);
        if (read == null) {
            findings.unclear("not read", "room " + room + " was not read at the end");
            return;
        }
        long reached = knowledge.reached();
        if (reached < read.first.offset()) {
            findings.broken(
                    "not caught up", client + " ended at " + reached + " of " + room + ", whose head is " + read.first);
        }
        for (Knowledge.Known known : knowledge.parts()) {
            Point last = new Point(known.epoch(), known.to());
            // What was shown after the last read is not judged, what came before it is.
            Point lastRead = new Point(known.epoch(), Math.min(known.to(), read.last.offset()));
            boolean isVoid = logs.place(room, last) == Lineages.Place.VOID
                    || (lastRead.offset() >= known.from() && logs.place(room, lastRead) == Lineages.Place.VOID);
            if (isVoid) {
                findings.broken(
                        "silent loss", client + " was never told that " + last + " of " + room + " is not in the log");
            }
        }
    }

    private void show(String room, Point point, String value) {
        if (Rooms.isConflated(room)) {
            keyed.computeIfAbsent(room, r -> new KeyedLog()).put(point.offset(), value);
        }
    }

    private Knowledge knowledge(String stream, String room) {
        return clients.computeIfAbsent(Streams.client(stream), c -> new HashMap<>())
                .computeIfAbsent(room, r -> new Knowledge());
    }

    /** The first and the last head of a room that were read at the end. */
    private record Heads(Point first, Point last) {}

    /**
     * What a gap says about the log, to be judged at the end.
     *
     * @param had the first point that the client knew and that is void then
     */
    private record Claim(
            String room, Op.Bounds bounds, @Nullable Point had, String where) {}
}
