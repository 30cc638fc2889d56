package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Joins of one room on one node: answered from the tail when it can vouch, else by a barrier that all waiting joins share.
 *
 * <p>A barrier's answer is handed out only once the tail has reached the head that the barrier saw, and asked for again when the tail
 * went on in another history. So a member never stands on a history that is not the tail's.
 *
 * <p>Threading: event loop of the room. Limits: one barrier in flight; each join is answered within {@link
 * RoomConfig#joinTimeout()}.
 */
final class RoomJoins {

    private static final Logger LOG = LoggerFactory.getLogger(RoomJoins.class);
    private static final int QUERIES_PER_BARRIER = 512;
    private static final Duration PAUSE = Duration.ofMillis(50);
    /** Short, because the next attempt waits for the log again for up to the join timeout. */
    private static final long RETRY_AFTER_MS = 250;
    /** Long, because memory comes back when rooms end. */
    private static final long FULL_RETRY_AFTER_MS = 5_000;

    private final RoomId room;
    private final Room.Surroundings node;
    private final EventLoop loop;
    private final TailFollower follower;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private final List<Answered> answered = new ArrayList<>();
    private boolean asking;

    private static final class Waiting {
        private final JoinQuery query;
        private @Nullable Consumer<JoinedResult> then;
        private EventLoop.@Nullable Cancellation timeout;

        Waiting(JoinQuery query, Consumer<JoinedResult> then) {
            this.query = query;
            this.then = then;
        }

        void answer(JoinedResult result) {
            Consumer<JoinedResult> waiter = then;
            if (waiter != null) {
                then = null;
                if (timeout != null) {
                    timeout.cancel();
                }
                waiter.accept(result);
            }
        }
    }

    private record Answered(Waiting waiting, JoinedResult result, Position head) {}

    RoomJoins(RoomId room, Room.Surroundings node, EventLoop loop, TailFollower follower) {
        this.room = room;
        this.node = node;
        this.loop = loop;
        this.follower = follower;
    }

    /** Finds where a member starts; {@code then} runs once, on the room's loop. */
    void start(JoinQuery query, Consumer<JoinedResult> then) {
        Consumer<JoinedResult> counted = result -> {
            node.metrics().onJoin(name(result));
            then.accept(result);
        };
        JoinedResult local = answerFromTail(query);
        if (local != null) {
            counted.accept(local);
            return;
        }
        Waiting waiting = new Waiting(query, counted);
        waiting.timeout = loop.schedule(node.config().joinTimeout(), () -> onTimeout(waiting));
        queue.addLast(waiting);
        ask();
    }

    /** The tail grew or was replaced: some answers may be handed out now. */
    void onAdvanced() {
        if (answered.isEmpty()) {
            return;
        }
        List<Answered> open = List.copyOf(answered);
        answered.clear();
        boolean outdated = false;
        for (Answered next : open) {
            if (follower.hasReached(next.head())) {
                next.waiting().answer(next.result());
            } else if (follower.isSettled()) {
                // The tail went on without that head: it is in another history, or the head is no longer in its reach.
                queue.addLast(next.waiting());
                outdated = true;
            } else {
                answered.add(next);
            }
        }
        if (outdated) {
            ask();
        }
    }

    private @Nullable JoinedResult answerFromTail(JoinQuery query) {
        if (!follower.isSettled()) {
            return null;
        }
        Position after = query.after();
        if (after == null) {
            return query.newest() == 0 ? new JoinedResult.Live(follower.tail().head()) : null;
        }
        if (!query.cap().equals(ReplayCap.NONE) && !after.equals(follower.tail().head())) {
            // The tail knows the size of frames, not the weight of publications.
            return null;
        }
        return follower.tail().holds(after) ? new JoinedResult.Resumed(after) : null;
    }

    private void ask() {
        if (asking || queue.isEmpty()) {
            return;
        }
        asking = true;
        List<Waiting> batch = new ArrayList<>();
        while (!queue.isEmpty() && batch.size() < QUERIES_PER_BARRIER) {
            batch.add(queue.removeFirst());
        }
        List<JoinQuery> queries =
                batch.stream().map(waiting -> waiting.query).distinct().toList();
        node.log().join(room, node.self(), queries).onComplete(result -> {
            asking = false;
            if (result.cause() instanceof LogFullException) {
                batch.forEach(waiting -> waiting.answer(fullFailure()));
                ask();
            } else if (result.failed()) {
                LOG.debug("join failed room={} queries={}", room, queries.size(), result.cause());
                batch.stream().filter(waiting -> waiting.then != null).forEach(queue::addLast);
                loop.schedule(PAUSE, this::ask);
            } else {
                onView(batch, queries, result.result());
                ask();
            }
        });
    }

    private void onView(List<Waiting> batch, List<JoinQuery> queries, JoinView view) {
        for (Waiting waiting : batch) {
            JoinedResult result = view.starts().get(queries.indexOf(waiting.query));
            answered.add(new Answered(waiting, result, view.head()));
        }
        follower.onHead(view.head());
        onAdvanced();
    }

    private void onTimeout(Waiting waiting) {
        queue.remove(waiting);
        answered.removeIf(answer -> answer.waiting() == waiting);
        waiting.answer(new JoinedResult.Failed(
                ErrorCode.UNAVAILABLE,
                "the room's log did not answer within "
                        + node.config().joinTimeout().toMillis() + " ms; join again",
                RETRY_AFTER_MS));
    }

    private static JoinedResult fullFailure() {
        return new JoinedResult.Failed(
                ErrorCode.UNAVAILABLE,
                "there is no memory for another room now; join again later",
                FULL_RETRY_AFTER_MS);
    }

    private static String name(JoinedResult result) {
        if (result instanceof JoinedResult.Live) {
            return "live";
        }
        if (result instanceof JoinedResult.Resumed) {
            return "resumed";
        }
        return result instanceof JoinedResult.Gapped ? "gap" : "failed";
    }
}
