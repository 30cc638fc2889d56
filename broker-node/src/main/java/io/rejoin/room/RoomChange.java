package io.rejoin.room;

import io.rejoin.value.Epoch;
import io.rejoin.value.SessionId;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An outcome, as it is carried to the copies of a log: what changed, never what was asked for.
 *
 * <p>It applies only to a log at exactly ({@code expectedTerm}, {@code expectedVersion}), so a copy that missed something refuses
 * it and the acknowledgement is withheld (log matching).
 *
 * <p>Threading: immutable.
 *
 * @param expectedTerm current term before; {@link Epoch#NONE} when the log is created
 * @param expectedVersion version before
 * @param owner the node that made the change
 * @param term current term after
 * @param timeMs time of the publications
 * @param taken drafts that used a number up, in order; those with data got the offsets after the head, in order
 * @param retainFrom oldest retained offset after
 * @param forgetSettled whether positions that publishers called settled are let go first
 * @param forgotten publishers that are forgotten first
 * @param electorate number of the electorate that the change was made in
 */
public record RoomChange(
        Epoch expectedTerm,
        long expectedVersion,
        UUID owner,
        Epoch term,
        long timeMs,
        List<Draft> taken,
        long retainFrom,
        boolean forgetSettled,
        List<SessionId> forgotten,
        long electorate) {

    /** A change that changes nothing: copies only compare. */
    public static RoomChange compareOnly(RoomRecord record) {
        return new RoomChange(
                record.term(),
                record.version(),
                record.owner(),
                record.term(),
                0,
                List.of(),
                record.oldestRetained(),
                false,
                List.of(),
                record.electorate());
    }

    /** Whether copies only compare. */
    public boolean isCompareOnly() {
        return taken.isEmpty() && forgotten.isEmpty() && !forgetSettled && timeMs == 0 && term.equals(expectedTerm);
    }

    /** Whether it applies to this log. */
    public boolean matches(@Nullable RoomRecord record) {
        return record == null
                ? !expectedTerm.isMinted()
                : record.term().equals(expectedTerm) && record.version() == expectedVersion;
    }
}
