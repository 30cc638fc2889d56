package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a room's tail equal to the room's log: accepts relayed batches in order, reads holes from the log, and checks with a barrier
 * whatever does not fit.
 *
 * <p>The bus may lose, repeat or overtake; each of these costs a read here and nothing else. A tail whose history the log does not
 * share is replaced, and {@link Listener#onReplaced} tells the last common offset.
 *
 * <p>Threading: event loop of the room. Limits: batches that wait for an earlier one are bounded in bytes; beyond it they are dropped
 * and read from the log.
 */
final class TailFollower {

    private static final Logger LOG = LoggerFactory.getLogger(TailFollower.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LAST_PAUSE = Duration.ofMillis(400);

    private final RoomId room;
    private final NodeId self;
    private final RoomLog log;
    private final EventLoop loop;
    private final RoomConfig config;
    private final RoomMetrics metrics;
    private final PublicationEncoder encoder;
    private final Listener listener;
    private final RoomTail tail;
    private final List<RelayBatch> early = new ArrayList<>();
    private int earlyBytes;
    private boolean open;
    private boolean reading;
    private boolean checkDue;
    private boolean earlyTimerArmed;
    private Position target = Position.START;
    private Duration pause = FIRST_PAUSE;

    /** Told what happened to the tail. */
    interface Listener {

        /** The tail grew, or was opened. */
        void onAdvanced();

        /**
         * The tail follows another history now.
         *
         * @param generation of the tail
         * @param common last offset that the old history shares with the log
         * @param gap what cursors beyond it are told
         */
        void onReplaced(long generation, long common, JoinedResult.Gapped gap);
    }

    TailFollower(
            RoomId room,
            NodeId self,
            RoomLog log,
            EventLoop loop,
            RoomConfig config,
            RoomMetrics metrics,
            PublicationEncoder encoder,
            Listener listener) {
        this.room = room;
        this.self = self;
        this.log = log;
        this.loop = loop;
        this.config = config;
        this.metrics = metrics;
        this.encoder = encoder;
        this.listener = listener;
        this.tail = new RoomTail(Position.START, config.tailPublications(), config.tailBytes());
    }

    RoomTail tail() {
        return tail;
    }

    boolean isOpen() {
        return open;
    }

    /** Bytes of batches that wait for an earlier one. */
    int earlyBytes() {
        return earlyBytes;
    }

    /** Whether the tail is at peace with the log as far as this node knows. */
    boolean isSettled() {
        return open && !reading && !checkDue && tail.head().offset() >= target.offset();
    }

    /** Whether the tail has a head that a barrier showed in its own history: it agrees with the log that the barrier saw. */
    boolean hasReached(Position head) {
        return open && !checkDue && tail.holds(head);
    }

    /** Takes a head that a barrier showed. */
    void onHead(Position head) {
        if (!open) {
            open = true;
            tail.jump(head);
            drainEarly();
            readNext();
            listener.onAdvanced();
        } else if (head.offset() > tail.head().offset()) {
            aim(head);
        } else if (!head.equals(tail.head())) {
            // Behind the tail's head: overtaken by a relay, or a log that lost its end. Only a later barrier can tell.
            check();
        }
    }

    /** Takes a hint of where the log's head is: not acknowledged, and perhaps a zombie's. What differs is checked. */
    void onHint(Position head) {
        Position known = tail.head();
        if (!open || head.equals(known)) {
            return;
        }
        if (head.offset() > known.offset()) {
            // The relay is probably on its way.
            loop.schedule(config.earlyWait(), () -> {
                if (tail.head().offset() < head.offset()) {
                    check();
                }
            });
        } else {
            check();
        }
    }

    /** Takes a doorbell: the log reached a position. */
    void onDoorbell(Position head) {
        if (open && head.offset() > tail.head().offset()) {
            aim(head);
        }
    }

    /** Takes a relayed batch. */
    void onBatch(RelayBatch batch) {
        if (!open) {
            keepEarly(batch);
            return;
        }
        Fit fit = fit(batch);
        if (fit == Fit.EARLY) {
            keepEarly(batch);
            armEarlyTimer();
        } else {
            take(batch, fit);
            drainEarly();
        }
    }

    /** Asks the log whether it still holds the tail's head. */
    void check() {
        if (open && !checkDue) {
            checkDue = true;
            readNext();
        }
    }

    private enum Fit {
        NEXT,
        REPEAT,
        OVERLAP,
        EARLY,
        FOREIGN
    }

    private Fit fit(RelayBatch batch) {
        Position head = tail.head();
        if (batch.before().equals(head)) {
            return Fit.NEXT;
        }
        if (batch.last().offset() <= head.offset()) {
            return tail.mayHold(batch.last()) ? Fit.REPEAT : Fit.FOREIGN;
        }
        if (batch.before().offset() > head.offset()) {
            return Fit.EARLY;
        }
        int overlap = (int) (head.offset() - batch.before().offset());
        boolean continues = overlap == 0
                ? batch.before().epoch().equals(head.epoch())
                : batch.publications().get(overlap - 1).position().equals(head);
        return continues ? Fit.OVERLAP : Fit.FOREIGN;
    }

    private void take(RelayBatch batch, Fit fit) {
        if (fit == Fit.NEXT) {
            append(batch.before(), batch.publications());
        } else if (fit == Fit.OVERLAP) {
            Position head = tail.head();
            int overlap = (int) (head.offset() - batch.before().offset());
            append(
                    head,
                    batch.publications().subList(overlap, batch.publications().size()));
        } else if (fit == Fit.FOREIGN) {
            aim(batch.last());
            check();
        }
    }

    private void append(Position before, List<Publication> publications) {
        Position previous = before;
        for (Publication publication : publications) {
            if (!tail.append(
                    publication.position(), publication.key(), encoder.encode(room, publication, previous.epoch()))) {
                throw new IllegalStateException(
                        "tail head=" + tail.head() + " (expected: offset " + (publication.offset() - 1) + ")");
            }
            previous = publication.position();
        }
        metrics.onEncode(publications.size());
        encoder.measure(publications.get(publications.size() - 1), metrics);
        listener.onAdvanced();
    }

    private void keepEarly(RelayBatch batch) {
        int weight = batch.weight();
        if (earlyBytes + weight <= config.earlyBytes()) {
            early.add(batch);
            earlyBytes += weight;
        } else if (batch.last().offset() > target.offset()) {
            target = batch.last();
        }
    }

    private void drainEarly() {
        if (early.isEmpty()) {
            return;
        }
        early.sort(Comparator.comparingLong(batch -> batch.before().offset()));
        while (!early.isEmpty()) {
            RelayBatch first = early.get(0);
            Fit fit = fit(first);
            if (fit == Fit.EARLY) {
                armEarlyTimer();
                return;
            }
            early.remove(0);
            earlyBytes -= first.weight();
            take(first, fit);
        }
    }

    private void armEarlyTimer() {
        if (!earlyTimerArmed) {
            earlyTimerArmed = true;
            loop.schedule(config.earlyWait(), () -> {
                earlyTimerArmed = false;
                if (!early.isEmpty() && open) {
                    aim(early.get(0).before());
                }
            });
        }
    }

    private void aim(Position head) {
        if (head.offset() > target.offset() || tail.head().offset() >= target.offset()) {
            target = head;
        }
        readNext();
    }

    private void readNext() {
        if (reading) {
            return;
        }
        if (checkDue) {
            reading = true;
            readHead();
        } else if (target.offset() > tail.head().offset()) {
            reading = true;
            readHole();
        }
    }

    private void readHole() {
        metrics.onRepair("hole");
        Position head = tail.head();
        log.fill(room, head, target, config.pageBytes(), false).onComplete(result -> {
            reading = false;
            if (result.failed()) {
                LOG.debug("repair failed room={} after={}", room, head, result.cause());
                readLater();
            } else {
                onFilled(head, result.result());
            }
        });
    }

    private void onFilled(Position head, Optional<List<Publication>> filled) {
        if (filled.isEmpty() || filled.get().isEmpty()) {
            checkDue = true;
            readLater();
            return;
        }
        pause = FIRST_PAUSE;
        int overlap = (int) (tail.head().offset() - head.offset());
        List<Publication> found = filled.get();
        if (overlap >= 0 && overlap < found.size()) {
            Position known = overlap == 0 ? head : found.get(overlap - 1).position();
            if (known.equals(tail.head())) {
                append(known, found.subList(overlap, found.size()));
            } else {
                // A relay took the tail into another history while an answer from the old one was on its way.
                checkDue = true;
            }
        }
        drainEarly();
        readNext();
    }

    private void readHead() {
        metrics.onRepair("check");
        Position asked = tail.head();
        Set<Position> acknowledged = new HashSet<>();
        early.forEach(batch -> acknowledged.add(batch.last()));
        log.join(room, self, List.of(new JoinQuery(asked, 0))).onComplete(result -> {
            reading = false;
            if (result.failed()) {
                LOG.debug("check failed room={} head={}", room, asked, result.cause());
                readLater();
            } else {
                checkDue = false;
                dropBeyond(result.result().head(), acknowledged);
                onChecked(asked, result.result());
            }
        });
    }

    /** Lets go of batches that were acknowledged before a barrier was asked, and yet end beyond what it saw: the log lost them. */
    private void dropBeyond(Position head, Set<Position> acknowledged) {
        for (Iterator<RelayBatch> all = early.iterator(); all.hasNext(); ) {
            RelayBatch batch = all.next();
            if (batch.last().offset() > head.offset() && acknowledged.contains(batch.last())) {
                all.remove();
                earlyBytes -= batch.weight();
            }
        }
    }

    private void onChecked(Position asked, JoinView view) {
        JoinedResult start = view.starts().get(0);
        if (start instanceof JoinedResult.Gapped gapped && gapped.gap().reason() == GapReason.EPOCH) {
            replace(asked, view, gapped);
        } else if (start instanceof JoinedResult.Gapped) {
            metrics.onRepair("jumped");
            jump(view.head());
        } else {
            target = view.head();
            drainEarly();
        }
        if (target.offset() > tail.head().offset()) {
            readLater();
        } else {
            pause = FIRST_PAUSE;
            listener.onAdvanced();
        }
    }

    private void jump(Position head) {
        if (head.offset() > tail.head().offset()) {
            tail.jump(head);
        }
        target = tail.head();
        drainEarly();
        listener.onAdvanced();
    }

    private void replace(Position asked, JoinView view, JoinedResult.Gapped gapped) {
        metrics.onRepair("diverged");
        long from = gapped.gap().from();
        long common = from > 0 ? from - 1 : gapped.position().offset();
        LOG.warn(
                "room log is not what this node knew room={} known={} common={} head={}",
                room,
                asked,
                common,
                view.head());
        long generation = tail.replace(view.head());
        target = view.head();
        listener.onReplaced(generation, common, gapped);
        drainEarly();
        listener.onAdvanced();
    }

    private void readLater() {
        loop.schedule(pause, this::readNext);
        pause = pause.compareTo(LAST_PAUSE) < 0 ? pause.multipliedBy(2) : LAST_PAUSE;
    }
}
