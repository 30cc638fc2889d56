package io.rejoin.protocol;

/**
 * Handles each type of client frame; a new type breaks the compile of every handler until it is handled.
 *
 * <p>Threading: called on the connection's event loop, in the order of the wire.
 */
public interface ClientFrameHandler {

    /** Authenticate, resume, join. */
    void onHello(ClientFrame.Hello hello);

    /** Become a member. */
    void onJoin(ClientFrame.Join join);

    /** End a membership. */
    void onLeave(ClientFrame.Leave leave);

    /** Publish durably or skip a number. */
    void onPublish(ClientFrame.Publish publish);

    /** Publish without order or history. */
    void onPublishEphemeral(ClientFrame.PublishEphemeral publish);

    /** Read a page of the log. */
    void onHistory(ClientFrame.History history);

    /** Take a new token. */
    void onRefresh(ClientFrame.Refresh refresh);

    /** Answer with a pong. */
    void onPing(ClientFrame.Ping ping);

    /** Measure the round trip. */
    void onPong(ClientFrame.Pong pong);

    /** End the session. */
    void onBye(ClientFrame.Bye bye);
}
