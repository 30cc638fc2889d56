package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Nothing is shown that was not published to that room before, or that was refused or given up; no client sees what
 * the protocol forbids.
 */
public final class NothingUnexpected implements Checker {

    private final Findings findings = new Findings("NothingUnexpected");
    private final Map<String, String> sent = new HashMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Set<String> shown = new HashSet<>();

    @Override
    public void accept(Op op) {
        if (op instanceof Op.Send o) {
            sent.putIfAbsent(o.value(), o.room());
        } else if (op instanceof Op.Fail o) {
            failed.add(o.value());
            if (shown.contains(o.value())) {
                findings.broken("failed but shown", o.value() + " in " + o.room() + ": " + o.reason());
            }
        } else if (op instanceof Op.Ack o) {
            show(o.room(), o.value(), "ack to " + o.publisher());
        } else if (op instanceof Op.Delivery o) {
            show(o.room(), o.value(), "delivery to " + o.stream());
        } else if (op instanceof Op.Read o) {
            show(o.room(), o.value(), "read through " + o.node());
        } else if (op instanceof Op.Violation o) {
            findings.broken("against the protocol", o.client() + ": " + o.what());
        }
    }

    @Override
    public Verdict finish() {
        if (sent.isEmpty()) {
            findings.unclear("nothing sent", "the history has no publish");
        }
        findings.count("shown", shown.size());
        return findings.verdict();
    }

    private void show(String room, String value, String where) {
        shown.add(value);
        String meant = sent.get(value);
        if (meant == null) {
            findings.broken("never sent", value + " in " + room + " by " + where);
        } else if (!meant.equals(room)) {
            findings.broken("wrong room", value + " was sent to " + meant + ", shown in " + room + " by " + where);
        }
        if (failed.contains(value)) {
            findings.broken("failed but shown", value + " in " + room + " by " + where);
        }
    }
}
