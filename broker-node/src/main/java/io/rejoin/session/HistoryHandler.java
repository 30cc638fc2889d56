package io.rejoin.session;

import io.rejoin.auth.Action;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ClientFrame.History;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.ServerFrame.HistoryPage;
import io.rejoin.protocol.ServerFrame.Published;
import io.rejoin.room.HistoryView;
import io.rejoin.room.Publication;
import io.rejoin.room.PublicationEncoder;
import io.rejoin.value.Epoch;
import java.util.ArrayList;
import java.util.List;

/**
 * Handles requests for pages of a room's log.
 *
 * <p>Threading: event loop of the connection. Limits: {@link SessionConfig#historyInflight()} at once, {@link
 * SessionConfig#historyTimeout()} each.
 */
final class HistoryHandler {

    private static final long RETRY_AFTER_MS = 500;

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private int inflight;

    HistoryHandler(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
    }

    void read(History request) {
        if (request.room().isReserved()) {
            fail(request, ErrorCode.FORBIDDEN, "rooms that start with $ are reserved", 0);
            return;
        }
        if (!session.credentials().allow(request.room(), Action.HISTORY)) {
            fail(request, ErrorCode.FORBIDDEN, Credentials.refusal(Action.HISTORY), 0);
            return;
        }
        if (inflight >= node.config().historyInflight()) {
            fail(
                    request,
                    ErrorCode.RATE_LIMITED,
                    "history requests at once=" + inflight + " is the limit",
                    RETRY_AFTER_MS);
            return;
        }
        inflight++;
        Answer answer = new Answer(request);
        node.rooms()
                .history(request.room(), request.after(), request.limit(), session.loop())
                .onSuccess(answer::page)
                .onFailure(unknown -> answer.unavailable());
    }

    private void fail(History request, ErrorCode code, String message, long retryAfterMs) {
        session.fail(request.ref(), request.room(), 0, code, message, retryAfterMs);
    }

    /** Answers once: with the page, or after the timeout. */
    private final class Answer {

        private final History request;
        private final EventLoop.Cancellation timeout;
        private boolean given;

        Answer(History request) {
            this.request = request;
            this.timeout = session.loop().schedule(node.config().historyTimeout(), this::unavailable);
        }

        void page(HistoryView view) {
            if (give()) {
                session.reply(new HistoryPage(
                        request.ref(),
                        request.room(),
                        published(view.publications()),
                        view.position(),
                        view.more(),
                        view.gap()));
            }
        }

        void unavailable() {
            if (give()) {
                fail(request, ErrorCode.UNAVAILABLE, "the room's log cannot be read now", RETRY_AFTER_MS);
            }
        }

        private boolean give() {
            if (given) {
                return false;
            }
            given = true;
            inflight--;
            timeout.cancel();
            return !session.isClosed();
        }

        private List<Published> published(List<Publication> publications) {
            List<Published> page = new ArrayList<>(publications.size());
            Epoch known = Epoch.NONE;
            for (Publication publication : publications) {
                page.add(PublicationEncoder.published(request.room(), publication, known));
                known = publication.epoch();
            }
            return page;
        }
    }
}
