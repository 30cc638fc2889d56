package io.rejoin.session;

/** Where a connection stands in its life. */
enum SessionState {
    /** Connected; the first message has to be a hello. */
    AWAITING_HELLO,
    /** The hello is being answered: what the client sends meanwhile waits. */
    OPENING,
    /** Welcome was sent. */
    OPEN,
    /** The client said bye: publishes read before are answered, nothing else. */
    ENDING,
    /** The socket is gone or about to go. */
    CLOSED;

    boolean canMoveTo(SessionState next) {
        return switch (this) {
            case AWAITING_HELLO -> next == OPENING || next == CLOSED;
            case OPENING -> next == OPEN || next == CLOSED;
            case OPEN -> next == ENDING || next == CLOSED;
            case ENDING -> next == CLOSED;
            case CLOSED -> false;
        };
    }
}
