package io.rejoin.cluster;

import io.rejoin.session.SessionDirectory.Holder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Claims a session for a connection: the highest generation wins, a repeated claim gets the answer of the first. */
final class ClaimSessionProcessor extends SessionProcessor {

    ClaimSessionProcessor() {}

    /** The holder's generation is the client's attempt, 0 for the next number. */
    ClaimSessionProcessor(String user, Holder claimed, long slowMemoryMs) {
        super(user, claimed, slowMemoryMs);
    }

    @Override
    @Nullable
    SessionEntry decide(Map.Entry<String, SessionEntry> entry) {
        SessionEntry record = entry.getValue();
        if (record == null) {
            return store(
                    entry,
                    new SessionEntry(
                            user(), withGeneration(Math.max(1, attempt())), false, null, SessionEntry.Slowness.NONE));
        }
        if (isHeldByClaimer(record) || isOutdated(record)) {
            return record;
        }
        // A repeated attempt is a connection that did not raise it: the newest still wins, under a number of its own.
        long next = record.holder().generation() + 1;
        return store(
                entry,
                new SessionEntry(
                        user(), withGeneration(Math.max(next, attempt())), true, record.holder(), slownessNow(record)));
    }

    /** Without an attempt, a claim by the one who was just superseded is a repeated one, whose first answer was lost. */
    private boolean isOutdated(SessionEntry record) {
        return attempt() > 0
                ? attempt() < record.holder().generation()
                : record.previous().filter(this::isClaimer).isPresent();
    }

    private long attempt() {
        return claimed().generation();
    }

    private Holder withGeneration(long generation) {
        return new Holder(claimed().node(), claimed().connection(), generation);
    }

    @Override
    public int getClassId() {
        return RoomSerializers.CLAIM_SESSION;
    }
}
