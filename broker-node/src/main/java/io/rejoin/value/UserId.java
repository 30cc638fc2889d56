package io.rejoin.value;

/**
 * The user that a connection was authenticated as.
 *
 * <p>Threading: immutable.
 *
 * @param value the text the authenticator gave
 */
public record UserId(String value) {

    @Override
    public String toString() {
        return value;
    }
}
