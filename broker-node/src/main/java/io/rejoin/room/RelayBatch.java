package io.rejoin.room;

import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.util.List;

/**
 * Acknowledged publications of one room that follow each other.
 *
 * <p>Threading: immutable.
 *
 * @param room the room
 * @param before the log's head before the first one
 * @param publications contiguous, not empty
 */
public record RelayBatch(RoomId room, Position before, List<Publication> publications) {

    /** The log's head after the batch. */
    public Position last() {
        return publications.get(publications.size() - 1).position();
    }

    /** Memory it is charged with, in bytes. */
    public int weight() {
        int sum = 0;
        for (Publication publication : publications) {
            sum += publication.weight();
        }
        return sum;
    }
}
