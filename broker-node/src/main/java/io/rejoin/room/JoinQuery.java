package io.rejoin.room;

import io.rejoin.value.Position;
import org.jspecify.annotations.Nullable;

/**
 * Where a member wants to start.
 *
 * <p>Threading: immutable.
 *
 * @param after continue after it; {@code null} for "from now on"
 * @param newest beside no {@code after}: as far before the head, 0 and above
 * @param cap how much may follow
 */
public record JoinQuery(@Nullable Position after, int newest, ReplayCap cap) {

    /** Without a cap. */
    public JoinQuery(@Nullable Position after, int newest) {
        this(after, newest, ReplayCap.NONE);
    }
}
