package io.rejoin.room;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.testing.JsonTree;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.RecordingMember;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client that believes only what the contract lets it believe, and complains about everything else.
 *
 * <p>It keeps what it was given, forgets what a gap of epoch voids, and remembers which offsets it was told that it misses.
 */
final class Follower {

    private final String name;
    private final RoomWorld world;
    private final Deque<String> tale = new ArrayDeque<>();
    private final NavigableMap<Long, Position> view = new TreeMap<>();
    private final NavigableMap<Long, Boolean> missed = new TreeMap<>();
    private @Nullable Position position;
    private long since;
    private @Nullable RecordingMember member;
    private @Nullable Membership membership;
    private boolean joining;
    private boolean mayConflate;
    private int connection;
    private final Map<String, Long> seen = new HashMap<>();

    Follower(String name, RoomWorld world) {
        this.name = name;
        this.world = world;
    }

    boolean isJoined() {
        return membership != null;
    }

    boolean isAway() {
        return membership == null && !joining;
    }

    @Nullable
    Position position() {
        return position;
    }

    RecordingMember member() {
        return member;
    }

    Membership membership() {
        return membership;
    }

    void join(RoomWorld.Node node, ManualScheduler.Loop loop, JoinQuery query, boolean latest, int socketBytes) {
        joining = true;
        mayConflate = latest || world.conflates();
        int mine = ++connection;
        RecordingMember socket = new RecordingMember();
        socket.roomFor(socketBytes);
        socket.onCloseSlow(() -> loop.execute(() -> {
            if (mine == connection && membership != null) {
                count("closed");
                leave();
            }
        }));
        socket.onFrame(frame -> {
            if (mine == connection && membership != null) {
                onFrame(frame);
            } else {
                throw failure("got a frame after it left: " + frame);
            }
        });
        loop.execute(() -> node.rooms.join(RoomWorld.ROOM, query, latest, socket, loop, (result, joined) -> {
            if (mine != connection) {
                if (joined != null) {
                    joined.leave();
                }
                return;
            }
            joining = false;
            if (result instanceof JoinedResult.Failed) {
                note("join failed");
                count("failed");
                return;
            }
            member = socket;
            membership = joined;
            onJoined(query, result);
            joined.start();
        }));
    }

    /** On the member's loop. */
    void leave() {
        connection++;
        joining = false;
        if (membership != null) {
            membership.leave();
            membership = null;
            note("left");
        }
    }

    private void note(String what) {
        tale.addLast(what);
        if (tale.size() > 60) {
            tale.removeFirst();
        }
    }

    private AssertionError failure(String what) {
        return new AssertionError(name + " at " + position + " " + what + "\n  tale: " + tale);
    }

    private void onJoined(JoinQuery query, JoinedResult result) {
        count(result.getClass().getSimpleName());
        note("joined " + query + " -> " + result);
        if (result instanceof JoinedResult.Live live) {
            startAnew(live.position());
        } else if (result instanceof JoinedResult.Resumed resumed) {
            if (query.after().equals(Position.START)) {
                startAnew(resumed.position());
            } else if (!resumed.position().equals(query.after())) {
                throw failure("resumed elsewhere: " + result);
            }
        } else if (result instanceof JoinedResult.Gapped gapped) {
            if (query.after().equals(Position.START)) {
                startAnew(new Position(gapped.position().epoch(), 0));
            }
            onGap(gapped.gap(), gapped.position());
        }
    }

    private void startAnew(Position start) {
        view.clear();
        missed.clear();
        position = start;
        since = start.offset();
    }

    private void onFrame(Map<String, Object> frame) {
        note(shorten(frame));
        count(frame.get("type") + (frame.get("type").equals("gap") ? " " + frame.get("reason") : ""));
        if (frame.get("type").equals("gap")) {
            GapReason reason = GapReason.valueOf(frame.get("reason").toString().toUpperCase(Locale.ROOT));
            Map<?, ?> told = (Map<?, ?>) frame.get("position");
            onGap(
                    new GapRange(reason, number(frame, "from"), number(frame, "to")),
                    new Position(Epoch.parse((String) told.get("epoch")), number(told, "offset")));
        } else {
            onPublication(frame);
        }
    }

    private void onPublication(Map<String, Object> frame) {
        Object epoch = frame.get("epoch");
        if (epoch != null && epoch.equals(position.epoch().toString())) {
            throw failure("was told its epoch again: " + frame);
        }
        Position next =
                new Position(epoch == null ? position.epoch() : Epoch.parse((String) epoch), number(frame, "offset"));
        if (next.offset() != position.offset() + 1) {
            throw failure("got what does not follow: " + frame);
        }
        String expected = world.everAt(next);
        if (expected == null || !expected.equals("\"" + frame.get("data") + "\"")) {
            throw failure("got " + frame + " but the log took " + expected + " there");
        }
        view.put(next.offset(), next);
        position = next;
    }

    private void onGap(GapRange gap, Position goOn) {
        boolean ranged = gap.from() > 0;
        if (gap.reason() == GapReason.EPOCH) {
            if (!world.hasLost()) {
                throw failure("was told of another history although nothing was lost: " + gap + " " + goOn);
            }
            long common = ranged ? gap.from() - 1 : goOn.offset();
            if (ranged && gap.to() != goOn.offset()) {
                throw failure("was told a range that does not end where it goes on: " + gap + " " + goOn);
            }
            if (common > position.offset()) {
                throw failure("was told to share more than it knew: " + gap + " " + goOn);
            }
            view.tailMap(common, false).clear();
            missed.tailMap(common, false).clear();
            since = Math.min(since, common);
        } else if (gap.from() != position.offset() + 1 || gap.to() != goOn.offset()) {
            throw failure("was told a range that does not fit: " + gap + " " + goOn);
        }
        if (gap.reason() == GapReason.CONFLATED) {
            assertSuperseded(gap);
        }
        for (long offset = gap.from(); ranged && offset <= gap.to(); offset++) {
            missed.put(offset, true);
        }
        position = goOn;
    }

    private void assertSuperseded(GapRange gap) {
        if (!mayConflate) {
            throw failure("was told of conflation that nobody asked for: " + gap);
        }
        for (long offset = gap.from(); offset <= gap.to() && !world.hasLost(); offset++) {
            if (!world.isSuperseded(offset)) {
                throw failure("does not get " + offset + ", which no newer value of its key follows");
            }
        }
    }

    /** Checks that it stands at the log's head, and that what it holds is the log but for what it was told. */
    void assertComplete() {
        long head = world.head();
        if (position == null || position.offset() != head) {
            throw failure("did not reach the head " + head);
        }
        if (head > 0 && !world.history().get(head).epoch().equals(position.epoch()) && head > since) {
            throw failure("has another epoch than the head " + world.history().get(head));
        }
        for (long offset = since + 1; offset <= head; offset++) {
            Position held = view.get(offset);
            if (held == null && !missed.containsKey(offset)) {
                throw failure("silently misses " + offset);
            }
            if (held != null && !held.equals(world.history().get(offset))) {
                throw failure("holds " + held + " where the log has "
                        + world.history().get(offset));
            }
        }
    }

    void stats(Map<String, Long> sums) {
        seen.forEach((what, count) -> sums.merge(what, count, Long::sum));
    }

    private void count(String what) {
        seen.merge(what, 1L, Long::sum);
    }

    private static String shorten(Map<String, Object> frame) {
        return frame.get("type").equals("gap")
                ? "gap " + frame.get("reason") + " " + frame.get("from") + ".." + frame.get("to") + " "
                        + frame.get("position")
                : frame.get("offset") + (frame.containsKey("epoch") ? "@" + frame.get("epoch") : "");
    }

    private static long number(Map<?, ?> frame, String member) {
        Object number = frame.get(member);
        return number == null ? 0 : ((JsonTree.Num) number).asLong();
    }
}
