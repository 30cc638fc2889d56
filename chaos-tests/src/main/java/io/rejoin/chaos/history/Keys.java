package io.rejoin.chaos.history;

/** Conflation keys: each publisher has a few of its own in each conflated room, and its sequence takes them in turn. */
public final class Keys {

    private static final long PER_PUBLISHER = 4;

    private Keys() {}

    /**
     * The key with which a value is published to a conflated room; so a history tells it without naming it.
     *
     * @param value {@code publisher.sequence}
     * @return at most 128 bytes
     */
    public static String of(String value) {
        int dot = value.lastIndexOf('.');
        return dot < 0
                ? value
                : value.substring(0, dot) + '/' + Long.parseLong(value.substring(dot + 1)) % PER_PUBLISHER;
    }
}
