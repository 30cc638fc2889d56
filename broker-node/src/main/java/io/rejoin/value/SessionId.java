package io.rejoin.value;

/**
 * Identity of a session on the broker; known to its client only.
 *
 * <p>Threading: immutable.
 *
 * @param value opaque text, told in {@code welcome}
 */
public record SessionId(String value) {

    @Override
    public String toString() {
        return value;
    }
}
