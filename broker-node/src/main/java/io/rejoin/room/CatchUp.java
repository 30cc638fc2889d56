package io.rejoin.room;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.value.Position;
import java.util.List;

/**
 * What the log gives a member that fell behind the tail.
 *
 * <p>Threading: immutable.
 */
sealed interface CatchUp {

    /** Frames that follow its cursor, as {@link RoomTail.Slice} tells them. */
    record Page(List<EncodedFrame> frames, int publications, long conflated, Position end) implements CatchUp {}

    /** What follows its cursor is gone. */
    record Missing(GapRange gap, Position position) implements CatchUp {}

    /** The log did not answer; ask again. */
    record Nothing() implements CatchUp {}
}
