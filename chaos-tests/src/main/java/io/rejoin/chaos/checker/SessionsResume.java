package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A session is resumed at any node as long as its window lasts, under its id; and {@code resumed} is never said without being asked.
 *
 * <p>A client was surely connected when it last got something. Whoever asks sooner after it than the window must be resumed. When
 * all copies of records may have died at once, and with them what ids are signed with, a session may be forgotten and its client
 * begin a new one: {@code resumed} false says so.
 */
public final class SessionsResume implements Checker {

    private final Findings findings = new Findings("SessionsResume");
    private final Phases phases = new Phases();
    private final Map<String, Long> connected = new HashMap<>();
    private final long windowNanos;

    /**
     * Expects sessions to be kept.
     *
     * @param window how long without a connection, at least
     */
    public SessionsResume(Duration window) {
        this.windowNanos = window.toNanos();
    }

    @Override
    public void accept(Op op) {
        phases.accept(op);
        if (op instanceof Op.Welcome o) {
            welcome(o);
            connected.put(o.client(), o.at());
        } else if (op instanceof Op.Ack o) {
            connected.put(o.publisher(), o.at());
        } else if (op instanceof Op.Delivery o) {
            connected.put(Streams.client(o.stream()), o.at());
        } else if (op instanceof Op.Joined o) {
            connected.put(Streams.client(o.stream()), o.at());
        }
    }

    @Override
    public Verdict finish() {
        if (connected.isEmpty()) {
            findings.unclear("nobody connected", "the history has no welcome");
        }
        return findings.verdict();
    }

    private void welcome(Op.Welcome op) {
        String where = op.client() + " at " + op.node();
        if (!op.asked()) {
            findings.count("new");
            if (op.resumed()) {
                findings.broken("resumed unasked", where);
            }
            return;
        }
        Long last = connected.get(op.client());
        findings.count(op.resumed() ? "resumed" : "not resumed");
        if (op.resumed() && !op.sameId()) {
            findings.broken("resumed another", where);
        } else if (phases.lossBegun()) {
            return;
        } else if (!op.sameId()) {
            findings.broken("id lost", where);
        } else if (!op.resumed() && last != null && op.at() - last < windowNanos) {
            findings.broken("forgotten", where + ", " + (op.at() - last) / 1_000_000 + " ms after it was connected");
        }
    }
}
