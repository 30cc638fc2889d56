package io.rejoin.session;

import io.rejoin.flow.TokenBucket.Rate;

/**
 * How much clients may send.
 *
 * <p>Threading: immutable.
 *
 * @param frames of a connection
 * @param bytes of a connection
 * @param publishes of a connection
 * @param userPublishes of all connections of a user on this node
 * @param userBytes of all connections of a user on this node
 */
public record InboundLimits(Rate frames, Rate bytes, Rate publishes, Rate userPublishes, Rate userBytes) {

    /** What one reading may bring comes in whole, so a second's worth at once is enough for what is only slowed down. */
    private static final int SLOWED_SECONDS = 1;

    /** More than for frames, so that a publisher who is slowed down by those is not refused as well. */
    static final int REFUSED_SECONDS = 3;

    /** Nothing is limited. */
    public static final InboundLimits NONE = perSecond(0, 0, 0, 0, 0, 1);

    /**
     * Limits by what they admit in the long run; 0 for none.
     *
     * @param message largest message in bytes, which is always admitted at once
     */
    public static InboundLimits perSecond(
            int frames, long bytes, int publishes, int userPublishes, long userBytes, int message) {
        return new InboundLimits(
                Rate.perSecond(frames, SLOWED_SECONDS),
                Rate.perSecond(bytes, SLOWED_SECONDS).withBurstOf(message),
                Rate.perSecond(publishes, REFUSED_SECONDS),
                Rate.perSecond(userPublishes, REFUSED_SECONDS),
                Rate.perSecond(userBytes, SLOWED_SECONDS).withBurstOf(message));
    }
}
