package io.rejoin.auth;

/** What is wrong with a claim; the message holds none of its value. */
final class ClaimFault extends Exception {

    private static final long serialVersionUID = 1L;

    ClaimFault(String message) {
        super(message);
    }

    /** The message. */
    String text() {
        return String.valueOf(getMessage());
    }
}
