package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The members that one room has on one event loop, and the delivery pass over them.
 *
 * <p>When the tail grows the loop is woken once, however often it grows before the pass runs: latency when idle, throughput when
 * busy. A pass writes to each member what follows its cursor while the socket takes it, and flushes once per member. Members with
 * the same cursor share one read of the tail.
 *
 * <p>A member that conflates is written to only once its socket has drained, and while it lags in rounds: each round brings the newest
 * value of every key up to the head that the round began with.
 *
 * <p>Threading: event loop; only {@link #wake} and {@link #offerEphemeral} may be called from elsewhere. Limits: bytes per member and
 * pass, members and time per turn, so that heartbeats and other rooms stay timely; ephemeral publications that wait for a turn.
 */
final class MemberLoop {

    private static final int MEMBERS_PER_TURN = 256;
    private static final int MEMBERS_PER_LOOK = 16;
    private static final long TURN_MS = 4;
    private static final int EPHEMERAL_WAITING = 64;
    private static final Duration LONGEST_SLOW_CHECK = Duration.ofSeconds(1);
    private static final Duration SHORTEST_SLOW_CHECK = Duration.ofMillis(50);

    private final Room room;
    private final Room.Surroundings node;
    private final RoomPolicy policy;
    private final RoomTail tail;
    private final EventLoop loop;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final List<Membership> members = new ArrayList<>();
    private final Walk pass = new Walk(this::deliverNow);
    private final Walk ephemeralPass = new Walk(this::deliverEphemeral);
    private final ArrayBlockingQueue<EncodedFrame> ephemeralWaiting = new ArrayBlockingQueue<>(EPHEMERAL_WAITING);
    private final AtomicLong ephemeralOverflow = new AtomicLong();
    private final AtomicBoolean ephemeralWoken = new AtomicBoolean();
    private List<EncodedFrame> ephemeral = List.of();
    private long generation;
    private long notBeforeTick;
    private boolean slowCheckArmed;
    private @Nullable Position sharedCursor;
    private @Nullable Position sharedRoundEnd;
    private int sharedMost;
    private RoomTail.@Nullable Slice sharedSlice;

    MemberLoop(Room room, Room.Surroundings node, RoomTail tail, EventLoop loop, long generation) {
        this.room = room;
        this.node = node;
        this.policy = node.config().policies().of(room.id());
        this.tail = tail;
        this.loop = loop;
        this.generation = generation;
    }

    EventLoop loop() {
        return loop;
    }

    /** One walk over all members, in turns that leave room for others on the loop. */
    private final class Walk {

        private final Consumer<Membership> visit;
        private int next;
        private boolean running;
        private @Nullable Runnable again;

        Walk(Consumer<Membership> visit) {
            this.visit = visit;
        }

        /** Begins, or lets {@code whenBusy} run once the walk that is under way has ended. */
        boolean start(Runnable whenBusy) {
            if (running) {
                again = whenBusy;
                return false;
            }
            running = true;
            next = 0;
            return true;
        }

        void turn() {
            int until = Math.min(members.size(), next + MEMBERS_PER_TURN);
            // A copy, because a write that closes a connection removes its membership from the list.
            List<Membership> turn = List.copyOf(members.subList(next, until));
            long endTick = node.ticker().millis() + TURN_MS;
            int visited = 0;
            sharedSlice = null;
            for (Membership membership : turn) {
                if (visited % MEMBERS_PER_LOOK == MEMBERS_PER_LOOK - 1
                        && node.ticker().millis() >= endTick) {
                    break;
                }
                visited++;
                next++;
                visit.accept(membership);
            }
            sharedSlice = null;
            if (next < members.size()) {
                loop.execute(this::turn);
                return;
            }
            running = false;
            Runnable due = again;
            if (due != null) {
                again = null;
                due.run();
            }
        }

        /** Those behind a removed member moved up; without this the walk would leave one of them out. */
        void onRemoved(int at) {
            if (at < next) {
                next--;
            }
        }
    }

    /** Lets a pass run soon; within the room's conflation interval once. Thread-safe. */
    void wake() {
        if (woken.compareAndSet(false, true)) {
            loop.execute(policy.conflationInterval().isZero() ? this::pass : this::passWhenDue);
        }
    }

    private void passWhenDue() {
        long waitMs = notBeforeTick - node.ticker().millis();
        if (waitMs > 0) {
            loop.schedule(Duration.ofMillis(waitMs), this::pass);
        } else {
            pass();
        }
    }

    /** A member that takes more goes on soon; with an interval on its own, since the others are not due. */
    private void goOn(Membership membership) {
        if (policy.conflationInterval().isZero()) {
            wake();
        } else {
            loop.execute(() -> deliver(membership));
        }
    }

    /**
     * Adds a member whose start was found in a generation of the tail.
     *
     * @param start where delivery starts
     * @param latest whether it wants the newest value per key only, while it replays or lags
     */
    Membership add(Member member, Position start, boolean latest) {
        boolean conflates = latest || policy.roomClass() == RoomClass.CONFLATED;
        Membership membership = new Membership(room.id(), member, this, start, conflates);
        members.add(membership);
        return membership;
    }

    void remove(Membership membership) {
        int at = members.indexOf(membership);
        if (at >= 0) {
            members.remove(at);
            pass.onRemoved(at);
            ephemeralPass.onRemoved(at);
            room.onMemberLeft();
        }
    }

    /** The tail follows another history: cursors beyond the common offset are void. */
    void replaced(long newGeneration, long common, JoinedResult.Gapped gap) {
        generation = newGeneration;
        sharedSlice = null;
        for (Membership membership : members) {
            membership.endRound();
            Position cursor = membership.cursor();
            // Offset 0 is common to all logs, but the epoch that was told with it is not.
            boolean isVoid = cursor.offset() > common || (common == 0 && !cursor.equals(gap.position()));
            if (isVoid) {
                membership.gap(gap.gap(), gap.position());
            }
        }
        wake();
    }

    /** Takes an ephemeral publication for all members; what nobody has had time for is dropped. Thread-safe. */
    void offerEphemeral(EncodedFrame frame) {
        if (!ephemeralWaiting.offer(frame)) {
            ephemeralOverflow.incrementAndGet();
        }
        if (ephemeralWoken.compareAndSet(false, true)) {
            loop.execute(this::passEphemeral);
        }
    }

    private void passEphemeral() {
        if (!ephemeralPass.start(this::passEphemeral)) {
            return;
        }
        ephemeralWoken.set(false);
        long overflow = ephemeralOverflow.getAndSet(0) * members.size();
        if (overflow > 0) {
            node.metrics().onEphemeralDropped(overflow);
        }
        ephemeral = new ArrayList<>();
        ephemeralWaiting.drainTo(ephemeral);
        ephemeralPass.turn();
    }

    private void deliverEphemeral(Membership membership) {
        int written = 0;
        int dropped = 0;
        for (EncodedFrame frame : ephemeral) {
            if (!membership.isDeliverable()) {
                break;
            }
            if (membership.member().isWritable()) {
                membership.write(frame);
                written++;
            } else {
                dropped++;
            }
        }
        if (written > 0) {
            membership.member().flush();
            node.metrics().onDeliverEphemeral(written);
        }
        if (dropped > 0) {
            node.metrics().onEphemeralDropped(dropped);
        }
    }

    private void pass() {
        woken.set(false);
        if (pass.start(this::wake)) {
            notBeforeTick = node.ticker().millis() + policy.conflationInterval().toMillis();
            pass.turn();
        }
    }

    /** The member's socket takes more; with an interval that counts for what is due only. */
    void onWritable(Membership membership) {
        if (policy.conflationInterval().isZero() || !membership.isUpToDate()) {
            deliver(membership);
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
        if (!membership.takesMore()) {
            noteLag(membership);
            return;
        }
        membership.onTaken(node.ticker().millis());
        RoomTail.Slice slice = sliceAfter(membership);
        if (slice == null) {
            // The tail follows another history: word of it is on its way to this loop.
            return;
        }
        int gaps = writeGap(membership);
        write(membership, slice.frames(), slice.publications(), slice.conflated(), gaps > 0);
        if (!membership.isDeliverable()) {
            return;
        }
        membership.moveTo(slice.end());
        mark(membership, slice.frames());
        if (slice.behind()) {
            catchUp(membership);
        } else if (membership.cursor().offset() < tail.head().offset()) {
            if (membership.takesMore()) {
                goOn(membership);
            } else {
                noteLag(membership);
            }
        } else {
            membership.caughtUp();
        }
    }

    /** Writes until a write ends the membership, then flushes. */
    private void write(
            Membership membership, List<EncodedFrame> frames, int publications, long conflated, boolean flush) {
        for (EncodedFrame frame : frames) {
            if (!membership.isDeliverable()) {
                return;
            }
            membership.write(frame);
        }
        if (flush || !frames.isEmpty()) {
            membership.member().flush();
        }
        if (publications > 0) {
            node.metrics().onDeliver(publications);
        }
        if (conflated > 0) {
            node.metrics().onConflated(conflated);
        }
    }

    /** What a member that conflates is sent next waits until it has this, so that it is as new as can be. */
    private void mark(Membership membership, List<EncodedFrame> written) {
        if (membership.conflates() && !written.isEmpty()) {
            int bytes = 0;
            for (EncodedFrame frame : written) {
                bytes += frame.size();
            }
            membership.onWritten(bytes, node.ticker().millis());
        }
    }

    private void noteLag(Membership membership) {
        if (membership.cursor().offset() >= tail.head().offset()) {
            return;
        }
        if (membership.lag(node.ticker().millis())) {
            node.metrics().onLag();
        }
        armSlowCheck();
    }

    private void armSlowCheck() {
        if (!slowCheckArmed) {
            slowCheckArmed = true;
            Duration step = policy.slowConsumerGrace().dividedBy(4);
            step = step.compareTo(LONGEST_SLOW_CHECK) > 0 ? LONGEST_SLOW_CHECK : step;
            loop.schedule(step.compareTo(SHORTEST_SLOW_CHECK) < 0 ? SHORTEST_SLOW_CHECK : step, this::checkSlow);
        }
    }

    private void checkSlow() {
        slowCheckArmed = false;
        boolean anyLags = false;
        long graceMs = policy.slowConsumerGrace().toMillis();
        for (Membership membership : List.copyOf(members)) {
            if (membership.isDeliverable() && membership.isLagging()) {
                anyLags = true;
                if (membership.stalledForMs(node.ticker().millis()) > graceMs) {
                    endLag(membership);
                }
            }
        }
        if (anyLags) {
            armSlowCheck();
        }
    }

    private void endLag(Membership membership) {
        String action = policy.slowConsumerAction().text();
        membership.beginGrace(node.ticker().millis());
        if (policy.slowConsumerAction() == SlowConsumerAction.CLOSE) {
            // It may be slow in other rooms, too, and stays a member until its session was noted.
            if (membership.member().closeSlow()) {
                node.metrics().onSlowConsumer(action);
            }
            return;
        }
        node.metrics().onSlowConsumer(action);
        Position head = tail.headIn(generation);
        long from = membership.cursor().offset() + 1;
        if (head != null && head.offset() >= from) {
            membership.gap(new GapRange(GapReason.LIMIT, from, head.offset()), head);
        }
    }

    private int writeGap(Membership membership) {
        Membership.PendingGap gap = membership.pendingGap();
        if (gap == null) {
            return 0;
        }
        membership.write(node.encoder().encodeGap(room.id(), gap.range(), gap.position()));
        membership.clearGap();
        node.metrics().onGap(gap.range().reason().text());
        return 1;
    }

    private RoomTail.@Nullable Slice sliceAfter(Membership membership) {
        Position cursor = membership.cursor();
        Position roundEnd = null;
        if (membership.isConflating(!policy.conflationInterval().isZero())) {
            Position head = tail.headIn(generation);
            if (head == null) {
                return null;
            }
            roundEnd = membership.roundEnd(head);
        }
        int most = Math.min(node.config().passBytes(), membership.burstBytes());
        RoomTail.Slice slice = sharedSlice;
        boolean shared = slice != null
                && cursor.equals(sharedCursor)
                && Objects.equals(roundEnd, sharedRoundEnd)
                && most == sharedMost;
        if (!shared) {
            slice = roundEnd == null
                    ? tail.after(cursor, generation, most)
                    : tail.latestAfter(cursor, generation, roundEnd.offset(), most, this::encodeGap);
            sharedCursor = cursor;
            sharedRoundEnd = roundEnd;
            sharedMost = most;
            sharedSlice = slice;
        }
        return slice;
    }

    private EncodedFrame encodeGap(long from, long to, Position position) {
        return node.encoder().encodeConflated(room.id(), from, to, position);
    }

    private void catchUp(Membership membership) {
        membership.reading(true);
        long asked = generation;
        Position cursor = membership.cursor();
        Position roundEnd = membership.currentRoundEnd();
        room.readAfter(new Room.Reading(cursor, asked, roundEnd), loop, caughtUp -> {
            membership.reading(false);
            if (asked == generation && membership.isDeliverable() && cursor.equals(membership.cursor())) {
                take(membership, caughtUp);
            }
            deliver(membership);
        });
    }

    private void take(Membership membership, CatchUp caughtUp) {
        if (caughtUp instanceof CatchUp.Page page && membership.takesMore()) {
            write(membership, page.frames(), page.publications(), page.conflated(), false);
            membership.moveTo(page.end());
            mark(membership, page.frames());
        } else if (caughtUp instanceof CatchUp.Missing missing) {
            membership.gap(missing.gap(), missing.position());
        }
    }
}
