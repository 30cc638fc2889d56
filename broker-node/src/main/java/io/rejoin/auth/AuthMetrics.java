package io.rejoin.auth;

/**
 * Told what authentication does.
 *
 * <p>Threading: called from any thread; must not block.
 */
public interface AuthMetrics {

    /** Counts nothing. */
    AuthMetrics NONE = new AuthMetrics() {};

    /**
     * The hook was asked.
     *
     * @param result {@code accepted}, {@code refused}, {@code unusable} (an answer that nobody understands) or {@code failed}
     * @param tookMs from the question to the answer, in milliseconds
     */
    default void onHook(String result, long tookMs) {}

    /**
     * The hook was not asked about a client, who was told to come again.
     *
     * @param why {@code busy} (as many questions as may be are on their way) or {@code paused} (it failed too often)
     */
    default void onHookSpared(String why) {}
}
