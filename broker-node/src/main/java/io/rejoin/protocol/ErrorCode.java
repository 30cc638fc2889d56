package io.rejoin.protocol;

/**
 * What an {@code error} frame says went wrong; the connection stays open. Append-only.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/protocol.md">ER, error codes</a>
 */
public enum ErrorCode {
    /** A known type with a missing or wrong member. */
    BAD_REQUEST("bad-request", false),
    /** A frame type that this broker does not know. */
    UNKNOWN_TYPE("unknown-type", false),
    /** A publication above the room's limit. */
    TOO_LARGE("too-large", false),
    /** The user may not do this. */
    FORBIDDEN("forbidden", false),
    /** Only members may do this. */
    NOT_JOINED("not-joined", false),
    /** The connection is a member already; nothing changed. */
    ALREADY_JOINED("already-joined", false),
    /** One more room than a connection may join. */
    ROOM_LIMIT("room-limit", false),
    /** Too much at once; try again after {@code retryAfter}. */
    RATE_LIMITED("rate-limited", true),
    /** The room's log cannot take or give it now. */
    UNAVAILABLE("unavailable", true),
    /** A lower number is missing; {@code expected} tells which. */
    OUT_OF_ORDER("out-of-order", true),
    /** A fault of the broker. */
    INTERNAL("internal", true);

    private final String text;
    private final boolean retryable;

    ErrorCode(String text, boolean retryable) {
        this.text = text;
        this.retryable = retryable;
    }

    /** The code as it stands on the wire. */
    public String text() {
        return text;
    }

    /** Whether the same request may succeed later. */
    public boolean isRetryable() {
        return retryable;
    }
}
