package io.rejoin.room;

import io.rejoin.protocol.Payload;
import io.rejoin.value.PublisherId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import org.jspecify.annotations.Nullable;

/**
 * A publish on its way into the log: no place yet.
 *
 * <p>Threading: immutable.
 *
 * @param session whose number it is
 * @param publisher the session's public id
 * @param user the session's user
 * @param number 1 and above
 * @param first lowest number that the client has not seen acknowledged; 0 when not told
 * @param data the value; {@code null} gives the number up
 * @param key conflation key
 */
public record Draft(
        SessionId session,
        PublisherId publisher,
        @Nullable UserId user,
        long number,
        long first,
        @Nullable Payload data,
        @Nullable String key) {

    /** Whether the number is used up without a publication. */
    public boolean isSkip() {
        return data == null;
    }

    /** Size that bounds of batches and queues count, in bytes. */
    public int weight() {
        return Publication.OVERHEAD_BYTES + (data == null ? 0 : data.size()) + (key == null ? 0 : key.length());
    }
}
