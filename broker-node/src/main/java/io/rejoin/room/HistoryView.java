package io.rejoin.room;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.value.Position;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the retained log.
 *
 * <p>Threading: immutable.
 *
 * @param publications ascending, contiguous
 * @param position of the last one; with none: the point the page starts after
 * @param more whether the log goes on after the page
 * @param gap what was asked for and is not there
 */
public record HistoryView(
        List<Publication> publications,
        Position position,
        boolean more,
        @Nullable GapRange gap) {}
