package io.rejoin.protocol;

/**
 * Takes what a message held, one element after the other.
 *
 * <p>Threading: called by {@link FrameCodec#decode} on the caller's thread, before it returns.
 */
public interface FrameSink {

    /** A frame that obeys the contract. */
    void onFrame(ClientFrame frame);

    /** An element to be answered with an error; the connection goes on. */
    void onRejection(Rejection rejection);

    /**
     * The message breaks the protocol: the connection is to be closed. Nothing else of the message follows.
     *
     * @param code 4500, or 1007 for invalid UTF-8
     * @param reason for the close frame, at most 100 bytes of ASCII
     */
    void onViolation(CloseCode code, String reason);
}
