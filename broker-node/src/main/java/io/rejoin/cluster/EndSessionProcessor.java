package io.rejoin.cluster;

import io.rejoin.session.SessionDirectory.Holder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Removes a record that its holder ends. */
final class EndSessionProcessor extends SessionProcessor {

    EndSessionProcessor() {}

    EndSessionProcessor(Holder claimed) {
        super("", claimed, 0);
    }

    @Override
    @Nullable
    SessionEntry decide(Map.Entry<String, SessionEntry> entry) {
        SessionEntry record = entry.getValue();
        return record != null && isHeldByClaimer(record) ? store(entry, null) : record;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.END_SESSION;
    }
}
