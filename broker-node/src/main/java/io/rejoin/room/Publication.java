package io.rejoin.room;

import io.rejoin.protocol.Payload;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.UserId;
import org.jspecify.annotations.Nullable;

/**
 * What a room took: a value with its place in the log, its author and its author's number.
 *
 * <p>Threading: immutable.
 *
 * @param offset 1 and above; 0 for an ephemeral one
 * @param epoch the term it was written in
 * @param timeMs owner's clock when the room took it, since the Unix epoch
 * @param data the value
 * @param key conflation key
 * @param user the publisher's user
 * @param publisher the publishing session's public id
 * @param number the publisher's number; 0 for none
 */
public record Publication(
        long offset,
        Epoch epoch,
        long timeMs,
        Payload data,
        @Nullable String key,
        @Nullable UserId user,
        @Nullable PublisherId publisher,
        long number) {

    /** What an entry costs beside its payload, texts and references counted roughly. */
    static final int OVERHEAD_BYTES = 96;

    /** Its place in the log. */
    public Position position() {
        return new Position(epoch, offset);
    }

    /** Memory it is charged with, in bytes. */
    public int weight() {
        return OVERHEAD_BYTES + data.size() + (key == null ? 0 : key.length());
    }
}
