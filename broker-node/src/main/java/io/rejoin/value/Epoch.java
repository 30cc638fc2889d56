package io.rejoin.value;

/**
 * Tag of the stretch of a room's log that an offset was written in; opaque to clients.
 *
 * <p>A tag is random and never given out again, so an offset of another history cannot be mistaken for one of this. Two values
 * are no tags: {@link #NONE} (no epoch was told) and {@link #FOREIGN} (a text that this broker never wrote).
 *
 * <p>Threading: immutable.
 *
 * @param tag 1 and above for a minted tag
 */
public record Epoch(long tag) {

    /** No epoch was told. */
    public static final Epoch NONE = new Epoch(0);

    /** An epoch that no log of this broker can have minted. */
    public static final Epoch FOREIGN = new Epoch(-1);

    private static final int RADIX = 36;

    /**
     * Reads the text of the wire.
     *
     * @param text any text a client sent as epoch
     * @return the epoch, or {@link #FOREIGN} when this broker never writes such a text
     */
    public static Epoch parse(String text) {
        try {
            long tag = Long.parseLong(text, RADIX);
            return tag > 0 && Long.toString(tag, RADIX).equals(text) ? new Epoch(tag) : FOREIGN;
        } catch (NumberFormatException notOurs) {
            return FOREIGN;
        }
    }

    /** Whether a log may have minted this epoch. */
    public boolean isMinted() {
        return tag > 0;
    }

    /** The text of the wire. */
    @Override
    public String toString() {
        return Long.toString(tag, RADIX);
    }
}
