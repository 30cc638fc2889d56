package io.rejoin.protocol;

/**
 * A member that cannot be used; leads to a rejection or, in {@code hello}, to a violation.
 *
 * <p>Bad input is cheap to send, so it must be cheap to refuse: no stack trace is taken.
 *
 * <p>Threading: immutable.
 */
final class JsonFault extends Exception {

    private final String text;

    JsonFault(String text) {
        super(text, null, false, false);
        this.text = text;
    }

    /** Names the member, what it was and what was expected. */
    String text() {
        return text;
    }
}
