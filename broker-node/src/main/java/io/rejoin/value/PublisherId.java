package io.rejoin.value;

/**
 * Public id of a publishing session, the same bytes for every member.
 *
 * <p>Threading: immutable.
 *
 * @param value opaque text, derived from the session id
 */
public record PublisherId(String value) {

    @Override
    public String toString() {
        return value;
    }
}
