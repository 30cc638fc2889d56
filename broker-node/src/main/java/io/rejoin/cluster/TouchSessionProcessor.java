package io.rejoin.cluster;

import io.rejoin.session.SessionDirectory.Holder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Keeps a record alive for its holder, writing it again when it is gone; changes nothing when a newer connection holds it. */
final class TouchSessionProcessor extends SessionProcessor {

    TouchSessionProcessor() {}

    TouchSessionProcessor(String user, Holder claimed) {
        super(user, claimed);
    }

    @Override
    @Nullable
    SessionEntry decide(Map.Entry<String, SessionEntry> entry) {
        SessionEntry record = entry.getValue();
        if (record == null || record.holder().generation() < claimed().generation()) {
            return store(entry, new SessionEntry(user(), claimed(), true, null));
        }
        return isHeldByClaimer(record) ? store(entry, record) : record;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.TOUCH_SESSION;
    }
}
