package io.rejoin.auth;

/** What the hook would say is not known; without a stack, since it comes by the thousand. */
final class HookUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    HookUnavailableException(String message) {
        super(message, null, false, false);
    }
}
