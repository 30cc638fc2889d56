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
        if (members.remove(membership)) {
            room.onMemberLeft();
        }
    }

    /** The tail follows another history: cursors beyond the common offset are void. */
    void replaced(long newGeneration, long common, JoinedResult.Gapped gap) {
        generation = newGeneration;
        for (Membership membership : members) {
            if (membership.cursor().offset() > common) {
                membership.gap(gap.gap(), gap.position());
            }
        }
        wake();
    }

    void deliverEphemeral(EncodedFrame frame) {
        int dropped = 0;
        for (Membership membership : members) {
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
        next = 0;
        continuePass();
    }

    private void continuePass() {
        int until = Math.min(members.size(), next + MEMBERS_PER_TURN);
        sharedCursor = null;
        // Backwards within the turn, because a write that closes a connection removes its membership from the list.
        for (int i = until - 1; i >= next; i--) {
            if (i < members.size()) {
                deliver(members.get(i));
            }
        }
        sharedCursor = null;
        sharedSlice = null;
        next = until;
        if (next < members.size()) {
            loop.execute(this::continuePass);
        }
    }

    /** Writes what follows the member's cursor, as far as its socket and the pass's budget go. */
    void deliver(Membership membership) {
        if (!membership.isDeliverable() || membership.isReading() || tail.generation() != generation) {
            return;
        }
        Member member = membership.member();
        if (!member.isWritable()) {
            noteLag(membership);
            return;
        }
        int frames = writeGap(membership);
        RoomTail.Slice slice = sliceAfter(membership.cursor());
        for (EncodedFrame frame : slice.frames()) {
            membership.write(frame);
        }
        frames += slice.frames().size();
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

    private RoomTail.Slice sliceAfter(Position cursor) {
        RoomTail.Slice slice = sharedSlice;
        if (slice == null || !cursor.equals(sharedCursor)) {
            slice = tail.after(cursor, config.passBytes());
            sharedCursor = cursor;
            sharedSlice = slice;
        }
        return slice;
    }

    private void catchUp(Membership membership) {
        membership.reading(true);
        long asked = generation;
        Position cursor = membership.cursor();
        room.readAfter(cursor, loop, caughtUp -> {
            membership.reading(false);
            if (asked == generation && membership.isDeliverable() && cursor.equals(membership.cursor())) {
                take(membership, caughtUp);
            }
            deliver(membership);
        });
    }

    private void take(Membership membership, CatchUp caughtUp) {
        if (caughtUp instanceof CatchUp.Page page && membership.member().isWritable()) {
            for (EncodedFrame frame : page.frames()) {
                membership.write(frame);
            }
            membership.moveTo(page.end());
            membership.member().flush();
            metrics.onDeliver(page.frames().size());
        } else if (caughtUp instanceof CatchUp.Missing missing) {
            membership.gap(missing.gap(), missing.position());
        }
    }
}
