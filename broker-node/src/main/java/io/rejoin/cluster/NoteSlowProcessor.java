package io.rejoin.cluster;

import io.rejoin.session.SessionDirectory.Holder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Notes in a record that the connection which holds it did not keep up and is about to be closed. */
final class NoteSlowProcessor extends SessionProcessor {

    NoteSlowProcessor() {}

    NoteSlowProcessor(Holder claimed, long slowMemoryMs) {
        super("", claimed, slowMemoryMs);
    }

    @Override
    @Nullable
    SessionEntry decide(Map.Entry<String, SessionEntry> entry) {
        SessionEntry record = entry.getValue();
        if (record == null || !isHeldByClaimer(record)) {
            return record;
        }
        return store(
                entry,
                record.withSlowness(slownessNow(record).with(nowMs(), claimed().generation())));
    }

    @Override
    public int getClassId() {
        return RoomSerializers.NOTE_SLOW;
    }
}
