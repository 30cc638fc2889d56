package io.rejoin.room;

/**
 * How much a member is replayed at its join; of what is more, only the newest part. A member that did not keep up would otherwise begin
 * with the very backlog that it was closed for.
 *
 * <p>Threading: immutable.
 *
 * @param publications most of them, 1 and above
 * @param bytes most bytes, by {@link Publication#weight()}; the newest publication is replayed whatever its size
 */
public record ReplayCap(int publications, int bytes) {

    /** Everything that is retained. */
    public static final ReplayCap NONE = new ReplayCap(Integer.MAX_VALUE, Integer.MAX_VALUE);
}
