package io.rejoin.room;

import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.testing.JsonTree;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client holds of one room. It believes only what the contract lets it believe, and complains about everything else: it keeps what
 * it was given, forgets what a gap of epoch voids, and remembers which offsets it was told that it misses.
 */
final class ClientView {

    private static final int TALE = 40;

    private final String name;
    private final Truth truth;
    private final boolean roomConflates;
    private final Consumer<String> counter;
    private final Deque<String> tale = new ArrayDeque<>();
    private final NavigableMap<Long, Position> held = new TreeMap<>();
    private final NavigableMap<Long, Boolean> missed = new TreeMap<>();
    private final List<Taken> superseded = new ArrayList<>();
    private @Nullable Position position;
    private long since;
    private boolean mayConflate;

    /**
     * What a client asks for when it joins.
     *
     * @param after null for from now on, or the newest
     */
    record Asked(@Nullable Position after, int history, boolean latest) {

        String json() {
            String where = "";
            if (after != null) {
                where = ",\"position\":" + positionJson(after);
            } else if (history > 0) {
                where = ",\"history\":" + history;
            }
            return "\"room\":\"" + Simulation.LOBBY.name() + "\"" + where + (latest ? ",\"delivery\":\"latest\"" : "");
        }
    }

    ClientView(String name, Truth truth, boolean roomConflates, Consumer<String> counter) {
        this.name = name;
        this.truth = truth;
        this.roomConflates = roomConflates;
        this.counter = counter;
    }

    static String positionJson(Position position) {
        return position.equals(Position.START)
                ? "{\"offset\":0}"
                : "{\"epoch\":\"" + position.epoch() + "\",\"offset\":" + position.offset() + "}";
    }

    static Position position(Object json) {
        Map<?, ?> object = (Map<?, ?>) json;
        return new Position(Epoch.parse((String) object.get("epoch")), number(object, "offset"));
    }

    static long number(Map<?, ?> frame, String member) {
        Object number = frame.get(member);
        return number == null ? 0 : ((JsonTree.Num) number).asLong();
    }

    @Nullable
    Position position() {
        return position;
    }

    void note(String what) {
        tale.addLast(what);
        if (tale.size() > TALE) {
            tale.removeFirst();
        }
    }

    private Violation broken(String invariant, String what) {
        return new Violation(invariant, name + " at " + position + " " + what + "\n  its tale: " + tale);
    }

    /** Takes the answer to a join. */
    void onJoined(Asked asked, Map<String, Object> joined) {
        String outcome = (String) joined.get("outcome");
        Position told = position(joined.get("position"));
        counter.accept("joined " + outcome);
        note("joined " + asked + " -> " + outcome + " " + told);
        mayConflate = roomConflates || asked.latest();
        truth.acknowledgedAt(told, name + " joined");
        boolean fromStart = asked.after() != null && asked.after().equals(Position.START);
        if (outcome.equals("live")) {
            startAnew(told);
        } else if (outcome.equals("resumed")) {
            if (fromStart) {
                startAnew(told);
            } else if (!told.equals(asked.after())) {
                throw broken("a resume is exact", "asked for " + asked + " and was resumed at " + told);
            }
        } else {
            if (fromStart) {
                startAnew(new Position(told.epoch(), 0));
            }
            onGap((Map<?, ?>) joined.get("gap"), told);
        }
    }

    private void startAnew(Position start) {
        held.clear();
        missed.clear();
        superseded.clear();
        position = start;
        since = start.offset();
    }

    /** Takes a publication. */
    void onPublication(Map<String, Object> frame) {
        Object epoch = frame.get("epoch");
        note(number(frame, "offset") + (epoch == null ? "" : "@" + epoch));
        if (epoch != null && epoch.equals(position.epoch().toString())) {
            throw broken("an epoch is told once", "got " + frame);
        }
        Position next =
                new Position(epoch == null ? position.epoch() : Epoch.parse((String) epoch), number(frame, "offset"));
        if (next.offset() != position.offset() + 1) {
            throw broken("a stream has no hole and no repeat", "got " + next);
        }
        Taken taken = truth.acknowledgedAt(next, name + " got a publication");
        if (!isOf(taken, frame)) {
            throw broken("a place has one value", "got " + frame + " where the log took " + taken);
        }
        held.put(next.offset(), next);
        position = next;
    }

    /** Whether a frame tells what was taken. */
    static boolean isOf(Taken taken, Map<String, Object> frame) {
        Draft draft = taken.draft();
        return draft != null
                && draft.number() == number(frame, "number")
                && frame.get("data") instanceof JsonTree.Num data
                && data.digits().equals(new String(draft.data().json(), StandardCharsets.UTF_8));
    }

    /** Takes a gap and where it goes on. */
    void onGap(Map<?, ?> gap, Position goOn) {
        GapReason reason = GapReason.valueOf(gap.get("reason").toString().toUpperCase(Locale.ROOT));
        long from = number(gap, "from");
        long to = number(gap, "to");
        counter.accept("gap " + gap.get("reason"));
        note("gap " + reason + " " + from + ".." + to + " to " + goOn);
        truth.acknowledgedAt(goOn, name + " was told a gap");
        if (reason == GapReason.EPOCH) {
            onOtherHistory(from, to, goOn);
        } else if (from != position.offset() + 1 || to != goOn.offset()) {
            throw broken("a gap is true", "was told " + gap + " " + goOn);
        }
        if (reason == GapReason.CONFLATED) {
            noteSuperseded(from, goOn);
        }
        for (long offset = from; from > 0 && offset <= to; offset++) {
            missed.put(offset, true);
        }
        position = goOn;
    }

    private void onOtherHistory(long from, long to, Position goOn) {
        boolean isRanged = from > 0;
        long common = isRanged ? from - 1 : goOn.offset();
        boolean hadNothing = position.equals(Position.START);
        if (!hadNothing && !truth.mayBeLost(position)) {
            throw broken(
                    "what was acknowledged stays while one of its copies does",
                    "was told to forget what it knew beyond " + common + ", going on at " + goOn);
        }
        if ((isRanged && to != goOn.offset()) || common > position.offset()) {
            throw broken("a gap is true", "was told of another history " + from + ".." + to + " " + goOn);
        }
        held.tailMap(common, false).clear();
        missed.tailMap(common, false).clear();
        // What superseded them may be void, too.
        superseded.clear();
        since = Math.min(since, common);
    }

    private void noteSuperseded(long from, Position goOn) {
        if (!mayConflate) {
            throw broken("a gap is true", "was told of conflation that nobody asked for up to " + goOn);
        }
        Taken next = truth.acknowledgedAt(goOn, name + " was told a gap");
        while (next != null && next.position().offset() >= from) {
            superseded.add(next);
            next = next.before();
        }
    }

    /** Checks that it stands at the log's end, and that what it holds is the log but for what it was told. */
    void assertComplete(List<Taken> log) {
        long head = log.size() - 1L;
        if (position == null || position.offset() != head) {
            throw broken("everybody gets everything in the end", "did not reach the head " + head);
        }
        if (head > 0 && head > since && !log.get((int) head).position().epoch().equals(position.epoch())) {
            throw broken("no history is mistaken for another", "stands where the log has " + log.get((int) head));
        }
        for (long offset = since + 1; offset <= head; offset++) {
            Position own = held.get(offset);
            if (own == null && !missed.containsKey(offset)) {
                throw broken("a stream has no hole and no repeat", "silently misses " + offset);
            }
            if (own != null && !own.equals(log.get((int) offset).position())) {
                throw broken(
                        "no history is mistaken for another",
                        "holds " + own + " where the log has " + log.get((int) offset));
            }
        }
        superseded.forEach(left -> assertSuperseded(left, log));
    }

    private void assertSuperseded(Taken left, List<Taken> log) {
        int offset = (int) left.position().offset();
        if (offset >= log.size() || log.get(offset) != left) {
            return;
        }
        String key = left.draft().key();
        boolean isSuperseded = key != null
                && log.subList(offset + 1, log.size()).stream()
                        .anyMatch(later -> key.equals(later.draft().key()));
        if (!isSuperseded) {
            throw broken("a gap is true", "was not given " + left + ", which no newer value of its key follows");
        }
    }
}
