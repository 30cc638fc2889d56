package io.rejoin.cluster;

import io.rejoin.session.SessionDirectory.Holder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps a record alive for its holder, writing it again when it is gone; changes nothing when a newer connection holds it. */
final class TouchSessionProcessor extends SessionProcessor {

    TouchSessionProcessor() {}

    TouchSessionProcessor(String user, Holder claimed, long slowMemoryMs) {
        super(user, claimed, slowMemoryMs);
    }

    @Override
    @Nullable
    SessionEntry decide(Map.Entry<String, SessionEntry> entry) {
        SessionEntry record = entry.getValue();
        if (record == null || record.holder().generation() < claimed().generation()) {
            SessionEntry.Slowness slowness = record == null ? SessionEntry.Slowness.NONE : slownessNow(record);
            return store(entry, new SessionEntry(user(), claimed(), true, null, slowness));
        }
        return isHeldByClaimer(record) ? store(entry, record.withSlowness(slownessNow(record))) : record;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.TOUCH_SESSION;
    }
}
