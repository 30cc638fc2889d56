package io.rejoin.session;

import io.rejoin.protocol.ClientFrame.Publish;
import io.rejoin.protocol.ClientFrame.PublishEphemeral;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.ServerFrame.Ack;
import io.rejoin.protocol.ServerFrame.Failure;
import io.rejoin.room.Draft;
import io.rejoin.room.DraftOutcome;
import java.util.ArrayList;
import java.util.List;

/**
 * Handles publishes: checks, hands to the room, answers with the outcome.
 *
 * <p>Threading: event loop of the connection. Limits: {@code limits.inflight} unacknowledged publishes, then reading from the socket
 * pauses, what was read waits in the session, and TCP holds the client back.
 */
final class PublishHandler {

    private static final long RETRY_AFTER_MS = 1_000;

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private int inflight;
    private boolean paused;
    private final List<Runnable> waiting = new ArrayList<>();

    PublishHandler(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
    }

    void publish(Publish publish) {
        if (publish.room().isReserved()) {
            fail(publish, ErrorCode.FORBIDDEN, "rooms that start with $ are reserved", 0);
            return;
        }
        int limit = node.config().publicationBytes();
        if (publish.data() != null && publish.data().size() > limit) {
            fail(
                    publish,
                    ErrorCode.TOO_LARGE,
                    "data=" + publish.data().size() + " bytes (expected: at most " + limit + ")",
                    0);
            return;
        }
        Session.Identity who = session.identity();
        Draft draft = new Draft(
                who.id(),
                who.publisher(),
                who.user(),
                publish.number(),
                publish.first(),
                publish.data(),
                publish.key());
        long startedAt = node.ticker().millis();
        begin();
        node.rooms().publish(publish.room(), draft, session.loop()).onComplete(result -> {
            if (!session.isClosed()) {
                node.metrics().onPublish(node.ticker().millis() - startedAt);
                answer(publish, result.succeeded() ? result.result() : new DraftOutcome.Unavailable());
            }
            end();
        });
    }

    void publishEphemeral(PublishEphemeral publish) {
        int limit = node.config().publicationBytes();
        if (publish.room().isReserved()) {
            session.fail(
                    publish.ref(), publish.room(), 0, ErrorCode.FORBIDDEN, "rooms that start with $ are reserved", 0);
        } else if (publish.data().size() > limit) {
            session.fail(
                    publish.ref(),
                    publish.room(),
                    0,
                    ErrorCode.TOO_LARGE,
                    "data=" + publish.data().size() + " bytes (expected: at most " + limit + ")",
                    0);
        } else {
            Session.Identity who = session.identity();
            node.rooms().publishEphemeral(publish.room(), publish.data(), publish.key(), who.user(), who.publisher());
        }
    }

    /** Tells the session once every publish read so far is answered. */
    void whenAnswered() {
        if (inflight == 0) {
            session.onPublishesAnswered();
            List<Runnable> due = List.copyOf(waiting);
            waiting.clear();
            due.forEach(Runnable::run);
        }
    }

    /** Runs once no publish is unanswered. */
    void onceAnswered(Runnable then) {
        waiting.add(then);
        whenAnswered();
    }

    private void answer(Publish publish, DraftOutcome outcome) {
        if (outcome instanceof DraftOutcome.Applied applied) {
            session.reply(new Ack(publish.ref(), publish.room(), publish.number(), applied.position()));
        } else if (outcome instanceof DraftOutcome.Duplicate duplicate) {
            session.reply(new Ack(publish.ref(), publish.room(), publish.number(), duplicate.position()));
        } else if (outcome instanceof DraftOutcome.OutOfOrder outOfOrder) {
            session.fail(new Failure(
                    publish.ref(),
                    publish.room().name(),
                    publish.number(),
                    ErrorCode.OUT_OF_ORDER,
                    "number=" + publish.number() + " (expected: " + outOfOrder.expected() + ")",
                    0,
                    outOfOrder.expected()));
        } else if (outcome instanceof DraftOutcome.PublisherLimit) {
            fail(publish, ErrorCode.RATE_LIMITED, "the room remembers as many publishers as it may", RETRY_AFTER_MS);
        } else {
            fail(
                    publish,
                    ErrorCode.UNAVAILABLE,
                    "the room's log did not settle it in time; resend or skip the number",
                    RETRY_AFTER_MS);
        }
    }

    private void fail(Publish publish, ErrorCode code, String message, long retryAfterMs) {
        session.fail(publish.ref(), publish.room(), publish.number(), code, message, retryAfterMs);
    }

    /** Whether nothing more may be worked on before a publish is answered. */
    boolean isFull() {
        return inflight >= node.config().limits().inflight();
    }

    private void begin() {
        inflight++;
        if (isFull() && !paused) {
            paused = true;
            node.metrics().onBackpressure();
            session.connection().pauseReading();
        }
    }

    private void end() {
        inflight--;
        session.handleWaiting();
        if (paused && !isFull()) {
            paused = false;
            session.connection().resumeReading();
        }
        whenAnswered();
    }
}
