package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The members that one room has on one event loop, and the delivery pass over them.
 *
 * <p>When the tail grows the loop is woken once, however often it grows before the pass runs: latency when idle, throughput when
 * busy. A pass writes to each member what follows its cursor while the socket takes it, and flushes once per member. Members with
 * the same cursor share one read of the tail.
 *
 * <p>Threading: event loop; only {@link #wake} may be called from elsewhere. Limits: bytes per member and pass, members per turn, so
 * that heartbeats stay timely.
 */
final class MemberLoop {

    private static final int MEMBERS_PER_TURN = 256;

    private final Room room;
    private final RoomTail tail;
    private final EventLoop loop;
    private final RoomConfig config;
    private final RoomMetrics metrics;
    private final PublicationEncoder encoder;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final List<Membership> members = new ArrayList<>();
    private long generation;
    private int next;
    private boolean walking;
    private boolean again;
    private @Nullable Position sharedCursor;
    private RoomTail.@Nullable Slice sharedSlice;

    MemberLoop(
            Room room,
            RoomTail tail,
            EventLoop loop,
            RoomConfig config,
            RoomMetrics metrics,
            PublicationEncoder encoder,
            long generation) {
        this.room = room;
        this.tail = tail;
        this.loop = loop;
        this.config = config;
        this.metrics = metrics;
        this.encoder = encoder;
        this.generation = generation;
    }

    EventLoop loop() {
        return loop;
    }

    /** Lets a pass run soon. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            loop.execute(this::pass);
        }
    }

    /**
     * Adds a member whose start was found in a generation of the tail.
     *
     * @param start where delivery starts
     */
    Membership add(Member member, Position start) {
        Membership membership = new Membership(room.id(), member, this, start);
        members.add(membership);
        return membership;
    }

    void remove(Membership membership) {
        int at = members.indexOf(membership);
        if (at >= 0) {
            members.remove(at);
            // Those behind it moved up; without this the pass would leave one of them out.
            if (at < next) {
                next--;
            }
            room.onMemberLeft();
        }
    }

    /** The tail follows another history: cursors beyond the common offset are void. */
    void replaced(long newGeneration, long common, JoinedResult.Gapped gap) {
        generation = newGeneration;
        sharedSlice = null;
        for (Membership membership : members) {
            Position cursor = membership.cursor();
            // Offset 0 is common to all logs, but the epoch that was told with it is not.
            boolean isVoid = cursor.offset() > common || (common == 0 && !cursor.equals(gap.position()));
            if (isVoid) {
                membership.gap(gap.gap(), gap.position());
            }
        }
        wake();
    }

    void deliverEphemeral(EncodedFrame frame) {
        int dropped = 0;
        // A copy, because a write that closes a connection removes its membership from the list.
        for (Membership membership : List.copyOf(members)) {
            if (!membership.isDeliverable()) {
                continue;
            }
            if (membership.member().isWritable()) {
                membership.write(frame);
                membership.member().flush();
            } else {
                dropped++;
            }
        }
        if (dropped > 0) {
            metrics.onEphemeralDropped(dropped);
        }
    }

    private void pass() {
        woken.set(false);
        if (walking) {
            again = true;
            return;
        }
        walking = true;
        next = 0;
        continuePass();
    }

    private void continuePass() {
        int until = Math.min(members.size(), next + MEMBERS_PER_TURN);
        // A copy, because a write that closes a connection removes its membership from the list.
        List<Membership> turn = List.copyOf(members.subList(next, until));
        next = until;
        sharedSlice = null;
        for (Membership membership : turn) {
            deliverNow(membership);
        }
        sharedSlice = null;
        if (next < members.size()) {
            loop.execute(this::continuePass);
            return;
        }
        walking = false;
        if (again) {
            again = false;
            wake();
        }
    }

    /** Writes what follows the member's cursor, as far as its socket and the pass's budget go. */
    void deliver(Membership membership) {
        sharedSlice = null;
        deliverNow(membership);
        sharedSlice = null;
    }

    private void deliverNow(Membership membership) {
        if (!membership.isDeliverable() || membership.isReading()) {
            return;
        }
        Member member = membership.member();
        if (!member.isWritable()) {
            noteLag(membership);
            return;
        }
        RoomTail.Slice slice = sliceAfter(membership.cursor());
        if (slice == null) {
            // The tail follows another history: word of it is on its way to this loop.
            return;
        }
        int frames = writeGap(membership) + writeFrames(membership, slice.frames());
        if (!membership.isDeliverable()) {
            return;
        }
        membership.moveTo(slice.end());
        if (frames > 0) {
            member.flush();
            metrics.onDeliver(frames);
        }
        if (slice.behind()) {
            catchUp(membership);
        } else if (membership.cursor().offset() < tail.head().offset()) {
            if (member.isWritable()) {
                wake();
            } else {
                noteLag(membership);
            }
        } else {
            membership.lagging(false);
        }
    }

    /** Writes until a write ends the membership. */
    private static int writeFrames(Membership membership, List<EncodedFrame> frames) {
        for (EncodedFrame frame : frames) {
            if (!membership.isDeliverable()) {
                break;
            }
            membership.write(frame);
        }
        return frames.size();
    }

    private void noteLag(Membership membership) {
        boolean waits = membership.cursor().offset() < tail.head().offset();
        if (membership.lagging(waits)) {
            metrics.onLag();
        }
    }

    private int writeGap(Membership membership) {
        Membership.PendingGap gap = membership.pendingGap();
        if (gap == null) {
            return 0;
        }
        membership.write(encoder.encodeGap(room.id(), gap.range(), gap.position()));
        membership.clearGap();
        metrics.onGap(gap.range().reason().text());
        return 1;
    }

    private RoomTail.@Nullable Slice sliceAfter(Position cursor) {
        RoomTail.Slice slice = sharedSlice;
        if (slice == null || !cursor.equals(sharedCursor)) {
            slice = tail.after(cursor, generation, config.passBytes());
            sharedCursor = cursor;
            sharedSlice = slice;
        }
        return slice;
    }

    private void catchUp(Membership membership) {
        membership.reading(true);
        long asked = generation;
        Position cursor = membership.cursor();
        room.readAfter(cursor, asked, loop, caughtUp -> {
            membership.reading(false);
            if (asked == generation && membership.isDeliverable() && cursor.equals(membership.cursor())) {
                take(membership, caughtUp);
            }
            deliver(membership);
        });
    }

    private void take(Membership membership, CatchUp caughtUp) {
        if (caughtUp instanceof CatchUp.Page page && membership.member().isWritable()) {
            writeFrames(membership, page.frames());
            membership.moveTo(page.end());
            membership.member().flush();
            metrics.onDeliver(page.frames().size());
        } else if (caughtUp instanceof CatchUp.Missing missing) {
            membership.gap(missing.gap(), missing.position());
        }
    }
}
