package io.rejoin.session;

import io.rejoin.auth.Action;
import io.rejoin.protocol.ClientFrame.Publish;
import io.rejoin.protocol.ClientFrame.PublishEphemeral;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame.Ack;
import io.rejoin.protocol.ServerFrame.Failure;
import io.rejoin.room.Draft;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomPolicy;
import io.rejoin.value.RoomId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Handles publishes: checks, hands to the room, answers with the outcome.
 *
 * <p>Threading: event loop of the connection. Limits: {@code limits.inflight} unacknowledged publishes, then reading from the socket
 * pauses, what was read waits in the session, and TCP holds the client back; and {@value #MAX_BEHIND_JOIN} ephemeral ones that wait
 * for a join to be answered.
 */
final class PublishHandler {

    private static final long RETRY_AFTER_MS = 1_000;
    private static final String ABOVE_RATE = "publishes come faster than they may";
    private static final int MAX_BEHIND_JOIN = 64;
    private static final String NOT_A_MEMBER = "only members may publish into this room (expected: a join before)";

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private int inflight;
    private boolean paused;
    private final List<Runnable> waiting = new ArrayList<>();

    private record Refusal(ErrorCode code, String message) {}

    PublishHandler(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
    }

    void publish(Publish publish) {
        Refusal refused = check(publish.room(), publish.data());
        if (refused != null) {
            fail(publish, refused.code(), refused.message(), 0);
            return;
        }
        RoomPolicy policy = node.rooms().policyOf(publish.room());
        if (policy.roomClass() == RoomClass.EPHEMERAL) {
            answerWithoutLog(publish);
        } else if (isJudgedByJoin(publish.room(), policy)) {
            begin();
            session.memberships().onceJoined(publish.room(), member -> {
                if (!isSkip(publish) && !member) {
                    refuse(publish, NOT_A_MEMBER);
                    end();
                } else if (isAdmitted(publish)) {
                    settle(publish);
                } else {
                    end();
                }
            });
        } else {
            String refusal = isSkip(publish) ? null : refusal(publish.room(), policy);
            if (refusal != null) {
                refuse(publish, refusal);
            } else if (isAdmitted(publish)) {
                begin();
                settle(publish);
            }
        }
    }

    /** What speaks against a publish of whatever class, before its room is looked at; null for nothing. */
    private @Nullable Refusal check(RoomId room, @Nullable Payload data) {
        if (room.isReserved()) {
            return new Refusal(ErrorCode.FORBIDDEN, "rooms that start with $ are reserved");
        }
        if (!session.credentials().allow(room, Action.PUBLISH)) {
            return new Refusal(ErrorCode.FORBIDDEN, Credentials.refusal(Action.PUBLISH));
        }
        int limit = node.config().publicationBytes();
        return data != null && data.size() > limit
                ? new Refusal(ErrorCode.TOO_LARGE, "data=" + data.size() + " bytes (expected: at most " + limit + ")")
                : null;
    }

    /** Whether the rates allow it; to be asked last, since what is refused for another reason costs nothing. */
    private boolean isAdmitted(Publish publish) {
        long retryAfterMs = session.inbound().admitPublish(publish.room());
        if (retryAfterMs > 0 && !session.isClosed()) {
            fail(publish, ErrorCode.RATE_LIMITED, ABOVE_RATE, retryAfterMs);
        }
        return retryAfterMs == 0;
    }

    private static boolean isSkip(Publish publish) {
        return publish.data() == null;
    }

    /** Nothing was or will be applied, so a number is given up by saying so. */
    private void answerWithoutLog(Publish publish) {
        if (isSkip(publish)) {
            session.reply(new Ack(publish.ref(), publish.room(), publish.number(), null));
        } else {
            refuse(publish, "the room keeps no log (expected: class ephemeral, without number)");
        }
    }

    private void refuse(Publish publish, String message) {
        if (!session.isClosed()) {
            fail(publish, ErrorCode.FORBIDDEN, message, 0);
        }
    }

    /** Whether a join of this connection that is not answered yet decides; what is read behind it waits, so that numbers stay in order. */
    private boolean isJudgedByJoin(RoomId room, RoomPolicy policy) {
        return policy.publishRight() == PublishRight.MEMBERS
                && session.memberships().waitingForJoin(room) >= 0;
    }

    private @Nullable String refusal(RoomId room, RoomPolicy policy) {
        return switch (policy.publishRight()) {
            case ANYONE -> null;
            case MEMBERS -> session.memberships().isMember(room) ? null : NOT_A_MEMBER;
            case NOBODY -> "clients may not publish into this room";
        };
    }

    /** Hands a publish that was counted in to the room, and counts it out once it is answered. */
    private void settle(Publish publish) {
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
        node.rooms().publish(publish.room(), draft, session.loop()).onComplete(result -> {
            if (!session.isClosed()) {
                node.metrics().onPublish(node.ticker().millis() - startedAt);
                answer(publish, result.succeeded() ? result.result() : new DraftOutcome.Unavailable());
            }
            end();
        });
    }

    void publishEphemeral(PublishEphemeral publish) {
        Refusal refused = check(publish.room(), publish.data());
        if (refused != null) {
            session.fail(publish.ref(), publish.room(), 0, refused.code(), refused.message(), 0);
        } else {
            judgeEphemeral(publish, node.rooms().policyOf(publish.room()));
        }
    }

    private void judgeEphemeral(PublishEphemeral publish, RoomPolicy policy) {
        if (!isJudgedByJoin(publish.room(), policy)) {
            relayUnless(refusal(publish.room(), policy), publish);
        } else if (session.memberships().waitingForJoin(publish.room()) < MAX_BEHIND_JOIN) {
            session.memberships()
                    .onceJoined(publish.room(), member -> relayUnless(member ? null : NOT_A_MEMBER, publish));
        } else {
            session.fail(
                    publish.ref(),
                    publish.room(),
                    0,
                    ErrorCode.RATE_LIMITED,
                    "publishes behind a join=" + MAX_BEHIND_JOIN + " is the limit",
                    RETRY_AFTER_MS);
        }
    }

    private void relayUnless(@Nullable String refusal, PublishEphemeral publish) {
        if (session.isClosed()) {
            return;
        }
        if (refusal != null) {
            session.fail(publish.ref(), publish.room(), 0, ErrorCode.FORBIDDEN, refusal, 0);
            return;
        }
        long retryAfterMs = session.inbound().admitPublish(publish.room());
        if (retryAfterMs > 0) {
            session.fail(publish.ref(), publish.room(), 0, ErrorCode.RATE_LIMITED, ABOVE_RATE, retryAfterMs);
            return;
        }
        Session.Identity who = session.identity();
        node.rooms().publishEphemeral(publish.room(), publish.data(), publish.key(), who.user(), who.publisher());
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
        return inflight >= session.credentials().limits().inflight();
    }

    private void begin() {
        inflight++;
        if (isFull() && !paused) {
            paused = true;
            node.metrics().onBackpressure();
            session.adjustReading();
        }
    }

    private void end() {
        inflight--;
        session.handleWaiting();
        if (paused && !isFull()) {
            paused = false;
            session.adjustReading();
        }
        whenAnswered();
    }
}
