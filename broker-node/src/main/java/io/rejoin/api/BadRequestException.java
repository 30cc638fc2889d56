package io.rejoin.api;

/** A request that is wrong; the message names the offending value and what was expected, and is sent to the backend. */
public final class BadRequestException extends Exception {

    /** Tells what is wrong. */
    public BadRequestException(String message) {
        super(message);
    }
}
