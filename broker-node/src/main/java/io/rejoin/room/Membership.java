package io.rejoin.room;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import org.jspecify.annotations.Nullable;

/**
 * One connection's place in one room: its cursor, and what it has to be told before the next publication.
 *
 * <p>Threading: event loop of the connection.
 */
public final class Membership {

    private static final long QUICK_MS = 250;
    private static final long SLOW_MS = 500;
    private static final int LEAST_BURST_BYTES = 8 << 10;
    private static final int MOST_BURST_BYTES = 64 << 10;

    private final RoomId room;
    private final Member member;
    private final MemberLoop home;
    private Position cursor;
    private @Nullable PendingGap pendingGap;
    private boolean started;
    private boolean left;
    private boolean reading;
    private final boolean conflates;
    private boolean upToDate;

    private boolean lagging;
    private long progress;
    private long progressTick;
    private @Nullable Position roundEnd;
    private int burstBytes = LEAST_BURST_BYTES;
    private int unmarkedBytes;
    private boolean marked;
    private long markedTick;

    /**
     * A gap that the socket has not taken yet.
     *
     * @param known the last offset that the member was told of
     */
    record PendingGap(GapRange range, Position position, long known) {

        /** What is told when a later gap meets this one. */
        @Nullable
        PendingGap followedBy(GapRange later, Position goOn) {
            boolean isLaterEpoch = later.reason() == GapReason.EPOCH;
            long common = isLaterEpoch ? Math.min(common(), common(later, goOn)) : common();
            boolean isVoid = range.reason() == GapReason.EPOCH || (isLaterEpoch && (common < known || common == 0));
            if (!isVoid && goOn.offset() <= known) {
                return null;
            }
            GapReason reason = isVoid ? GapReason.EPOCH : range.reason();
            GapRange told = common < goOn.offset()
                    ? new GapRange(reason, common + 1, goOn.offset())
                    : new GapRange(reason, 0, 0);
            return new PendingGap(told, goOn, known);
        }

        private long common() {
            return range.reason() == GapReason.EPOCH ? common(range, position) : known;
        }

        /** The last offset that a gap of epoch leaves in force. */
        private static long common(GapRange range, Position position) {
            return range.from() > 0 ? range.from() - 1 : position.offset();
        }
    }

    Membership(RoomId room, Member member, MemberLoop home, Position cursor, boolean conflates) {
        this.room = room;
        this.member = member;
        this.home = home;
        this.cursor = cursor;
        this.conflates = conflates;
    }

    /** The room. */
    public RoomId room() {
        return room;
    }

    /** The last position written to the connection. */
    public Position cursor() {
        return cursor;
    }

    /** Begins delivery: from now on publications after the cursor are written. To be called once, after {@code joined} was sent. */
    public void start() {
        started = true;
        home.deliver(this);
    }

    /** The socket takes more again. */
    public void onWritable() {
        home.onWritable(this);
    }

    /** Ends the membership; nothing is written afterwards. */
    public void leave() {
        if (!left) {
            left = true;
            home.remove(this);
        }
    }

    Member member() {
        return member;
    }

    boolean isDeliverable() {
        return started && !left;
    }

    boolean isReading() {
        return reading;
    }

    void reading(boolean now) {
        this.reading = now;
    }

    /** Whether it takes more: who conflates only once everything written has gone out, since what waits grows old. */
    boolean takesMore() {
        return conflates ? member.isDrained() : member.isWritable();
    }

    /** Publications wait for a full socket; returns whether that is new. */
    boolean lag(long tick) {
        upToDate = false;
        if (lagging) {
            return false;
        }
        lagging = true;
        beginGrace(tick);
        return true;
    }

    /** From now on the socket may take nothing for the grace of the room. */
    void beginGrace(long tick) {
        progressTick = tick;
        progress = member.progress();
    }

    /** It has everything. */
    void caughtUp() {
        upToDate = true;
        lagging = false;
        roundEnd = null;
    }

    /** Whether it has had everything at some time since it began or last lagged. */
    boolean isUpToDate() {
        return upToDate;
    }

    boolean isLagging() {
        return lagging;
    }

    /** How long the socket has taken nothing. */
    long stalledForMs(long tick) {
        long taken = member.progress();
        if (taken != progress || reading) {
            progress = taken;
            progressTick = tick;
        }
        return tick - progressTick;
    }

    /**
     * Whether values that are superseded are left out now.
     *
     * @param always whether the room does so for all its members
     */
    boolean isConflating(boolean always) {
        return conflates && (always || !upToDate);
    }

    /** Bytes that it is sent at once: about as many as it takes in half a second while it conflates and lags, else no bound of its own. */
    int burstBytes() {
        return conflates && lagging ? burstBytes : Integer.MAX_VALUE;
    }

    boolean conflates() {
        return conflates;
    }

    /**
     * What it is sent next waits until it has what was written, so that it is as new as can be: while it lags, and once a burst was written
     * since it last told, because a link that has become slow would else be noticed when the kernel is full.
     */
    void onWritten(int bytes, long tick) {
        unmarkedBytes += bytes;
        if (lagging || unmarkedBytes >= burstBytes) {
            unmarkedBytes = 0;
            markedTick = tick;
            marked = true;
            member.mark();
        }
    }

    /** It takes more: had it been sent something to wait for, it has that now. */
    void onTaken(long tick) {
        if (!marked) {
            return;
        }
        marked = false;
        long tookMs = tick - markedTick;
        if (tookMs < QUICK_MS) {
            burstBytes = Math.min(burstBytes * 2, MOST_BURST_BYTES);
        } else if (tookMs > SLOW_MS) {
            burstBytes = Math.max(burstBytes / 2, LEAST_BURST_BYTES);
        }
    }

    /** End of the round that it is in; a new one ends at the head. */
    Position roundEnd(Position head) {
        if (roundEnd == null || roundEnd.offset() <= cursor.offset()) {
            roundEnd = head;
        }
        return roundEnd;
    }

    @Nullable
    Position currentRoundEnd() {
        return roundEnd;
    }

    void endRound() {
        roundEnd = null;
    }

    void write(EncodedFrame frame) {
        member.write(frame);
    }

    void moveTo(Position position) {
        this.cursor = position;
    }

    @Nullable
    PendingGap pendingGap() {
        return pendingGap;
    }

    void clearGap() {
        this.pendingGap = null;
    }

    /** What the member knew is not part of the log beyond an offset: it is told, and goes on after a position. */
    void gap(GapRange range, Position position) {
        PendingGap earlier = pendingGap;
        pendingGap = earlier == null
                ? new PendingGap(range, position, cursor.offset())
                : earlier.followedBy(range, position);
        cursor = position;
        roundEnd = null;
    }
}
