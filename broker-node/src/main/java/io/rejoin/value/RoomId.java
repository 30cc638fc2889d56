package io.rejoin.value;

import java.nio.charset.StandardCharsets;

/**
 * Name of a room: 1 to 255 bytes of UTF-8 without control characters.
 *
 * <p>Threading: immutable.
 *
 * @param name the name as clients write it
 * @see <a href="docs/protocol.md">FR, room names</a>
 */
public record RoomId(String name) {

    /** Longest name in bytes of UTF-8. */
    public static final int MAX_BYTES = 255;

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException when the name is empty, too long, has a control character or a lone surrogate
     */
    public RoomId {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("room is empty (expected: 1.." + MAX_BYTES + " bytes of UTF-8)");
        }
        if (name.length() > MAX_BYTES || name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "room is longer than expected (expected: 1.." + MAX_BYTES + " bytes of UTF-8)");
        }
        for (int i = 0; i < name.length(); i += Character.charCount(name.codePointAt(i))) {
            int type = Character.getType(name.codePointAt(i));
            if (type == Character.CONTROL || type == Character.SURROGATE) {
                throw new IllegalArgumentException(
                        "room has a control character or lone surrogate at index " + i + " (expected: none)");
            }
        }
    }

    /** Whether the name is kept for the broker itself, so that no client may use it. */
    public boolean isReserved() {
        return name.charAt(0) == '$';
    }

    @Override
    public String toString() {
        return name;
    }
}
