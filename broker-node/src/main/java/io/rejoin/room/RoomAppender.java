package io.rejoin.room;

import io.rejoin.flow.AppendBudget;
import io.rejoin.flow.EventLoop;
import io.rejoin.flow.Ticker;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit of one room on one node: one batch is in flight, what arrives meanwhile is the next.
 *
 * <p>A batch of unknown outcome is tried again as it is; the publishers' numbers make that safe. A draft that is not settled within
 * the publish timeout is answered {@code Unavailable} and never tried again, because the room may have forgotten its number by the
 * time a late retry arrives.
 *
 * <p>Threading: event loop of the room. Ordering: drafts are appended in the order they were offered. Limits: {@link
 * RoomConfig#queueDrafts()} and {@link RoomConfig#queueBytes()} wait, and of all rooms together what the node's {@link AppendBudget}
 * allows, those in flight included; beyond them a draft is answered {@code Unavailable} at once.
 */
final class RoomAppender {

    private static final Logger LOG = LoggerFactory.getLogger(RoomAppender.class);
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LAST_PAUSE_MS = 320;
    private static final Duration DEADLINE_STEP = Duration.ofMillis(500);

    private final RoomId room;
    private final RoomLog log;
    private final EventLoop loop;
    private final Ticker ticker;
    private final RoomConfig config;
    private final RoomMetrics metrics;
    private final AppendBudget budget;
    private final SettledListener listener;
    private final ArrayDeque<Pending> queue = new ArrayDeque<>();
    private List<Pending> inFlight = List.of();
    private long queuedBytes;
    private long pauseMs = FIRST_PAUSE_MS;
    private boolean deadlineArmed;
    private boolean retried;

    /** Told of settled batches, before the publishers are. */
    @FunctionalInterface
    interface SettledListener {
        /**
         * A batch is settled.
         *
         * @param retried whether an earlier try may have applied it
         */
        void onSettled(List<Draft> batch, AppendResult.Settled settled, boolean retried);
    }

    private static final class Pending {
        private final Draft draft;
        private final Promise<DraftOutcome> promise = Promise.promise();
        private final long sinceTick;

        Pending(Draft draft, long sinceTick) {
            this.draft = draft;
            this.sinceTick = sinceTick;
        }

        boolean isAnswered() {
            return promise.future().isComplete();
        }
    }

    RoomAppender(
            RoomId room,
            RoomLog log,
            EventLoop loop,
            Ticker ticker,
            RoomConfig config,
            RoomMetrics metrics,
            AppendBudget budget,
            SettledListener listener) {
        this.room = room;
        this.log = log;
        this.loop = loop;
        this.ticker = ticker;
        this.config = config;
        this.metrics = metrics;
        this.budget = budget;
        this.listener = listener;
    }

    /**
     * Takes a draft.
     *
     * @return never fails; completes on the room's loop
     */
    Future<DraftOutcome> offer(Draft draft) {
        boolean roomIsFull = queue.size() >= config.queueDrafts() || queuedBytes + draft.weight() > config.queueBytes();
        if (roomIsFull || !budget.take(draft.weight())) {
            metrics.onDraft("unavailable");
            return Future.succeededFuture(new DraftOutcome.Unavailable());
        }
        Pending pending = new Pending(draft, ticker.millis());
        queue.addLast(pending);
        queuedBytes += draft.weight();
        armDeadline();
        if (inFlight.isEmpty()) {
            sendNext();
        }
        return pending.promise.future();
    }

    boolean isIdle() {
        return queue.isEmpty() && inFlight.isEmpty();
    }

    /** Gives up everything that waits: this node was removed from the cluster meanwhile. */
    void dropAll() {
        for (Pending pending : queue) {
            answer(pending, new DraftOutcome.Unavailable());
            giveBack(pending);
        }
        for (Pending pending : inFlight) {
            answer(pending, new DraftOutcome.Unavailable());
        }
        queue.clear();
        queuedBytes = 0;
    }

    private void sendNext() {
        answerOverdue();
        List<Pending> batch = new ArrayList<>();
        long bytes = 0;
        while (!queue.isEmpty() && batch.size() < config.batchDrafts()) {
            Pending next = queue.getFirst();
            if (bytes + next.draft.weight() > config.batchBytes() && !batch.isEmpty()) {
                break;
            }
            bytes += next.draft.weight();
            queuedBytes -= next.draft.weight();
            batch.add(queue.removeFirst());
        }
        inFlight = batch;
        if (!batch.isEmpty()) {
            send();
        }
    }

    private void send() {
        List<Pending> batch = inFlight;
        long startedAt = ticker.millis();
        log.append(room, batch.stream().map(pending -> pending.draft).toList()).onComplete(result -> {
            if (result.failed()) {
                LOG.debug("append unknown room={} drafts={}", room, batch.size(), result.cause());
                retryLater("unknown");
            } else if (result.result() instanceof AppendResult.Settled settled) {
                settle(batch, settled, ticker.millis() - startedAt);
            } else if (result.result() instanceof AppendResult.Full) {
                refuse(batch);
            } else {
                retryLater("not-in-sync");
            }
        });
    }

    private void settle(List<Pending> batch, AppendResult.Settled settled, long tookMs) {
        pauseMs = FIRST_PAUSE_MS;
        metrics.onAppend(batch.size(), tookMs);
        listener.onSettled(batch.stream().map(pending -> pending.draft).toList(), settled, retried);
        retried = false;
        for (int i = 0; i < batch.size(); i++) {
            answer(batch.get(i), settled.outcomes().get(i));
            giveBack(batch.get(i));
        }
        sendNext();
    }

    /** Its publishers may ask again; what is tried on and on would burden an owner that has no memory. */
    private void refuse(List<Pending> batch) {
        pauseMs = FIRST_PAUSE_MS;
        retried = false;
        for (Pending pending : batch) {
            answer(pending, new DraftOutcome.Unavailable());
            giveBack(pending);
        }
        sendNext();
    }

    private void retryLater(String reason) {
        retried = true;
        metrics.onAppendRetry(reason);
        loop.schedule(Duration.ofMillis(pauseMs), this::retryNow);
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
    }

    private void retryNow() {
        answerOverdue();
        List<Pending> open = new ArrayList<>();
        for (Pending pending : inFlight) {
            if (pending.isAnswered()) {
                giveBack(pending);
            } else {
                open.add(pending);
            }
        }
        inFlight = open;
        if (inFlight.isEmpty()) {
            sendNext();
        } else {
            send();
        }
    }

    private void armDeadline() {
        if (!deadlineArmed) {
            deadlineArmed = true;
            loop.schedule(DEADLINE_STEP, this::onDeadlineStep);
        }
    }

    private void onDeadlineStep() {
        deadlineArmed = false;
        answerOverdue();
        if (!isIdle()) {
            armDeadline();
        }
    }

    private void answerOverdue() {
        long overdue = ticker.millis() - config.publishTimeout().toMillis();
        while (!queue.isEmpty() && queue.getFirst().sinceTick <= overdue) {
            Pending late = queue.removeFirst();
            queuedBytes -= late.draft.weight();
            answer(late, new DraftOutcome.Unavailable());
            giveBack(late);
        }
        for (Pending pending : inFlight) {
            if (pending.sinceTick <= overdue) {
                answer(pending, new DraftOutcome.Unavailable());
            }
        }
    }

    /** The draft is held no longer: neither here, nor by an append whose answer is awaited. */
    private void giveBack(Pending pending) {
        budget.giveBack(pending.draft.weight());
    }

    private void answer(Pending pending, DraftOutcome outcome) {
        if (pending.promise.tryComplete(outcome)) {
            metrics.onDraft(name(outcome));
        }
    }

    private static String name(DraftOutcome outcome) {
        if (outcome instanceof DraftOutcome.Applied) {
            return "applied";
        }
        if (outcome instanceof DraftOutcome.Duplicate) {
            return "duplicate";
        }
        if (outcome instanceof DraftOutcome.OutOfOrder) {
            return "out-of-order";
        }
        return outcome instanceof DraftOutcome.PublisherLimit ? "refused" : "unavailable";
    }
}
