package io.rejoin.session;

import io.rejoin.protocol.Limits;
import java.time.Duration;

/**
 * Settings of sessions.
 *
 * <p>Threading: immutable.
 *
 * @param node the node's name, told in {@code welcome}
 * @param window how long a session outlives its connection
 * @param helloTimeout a connection without {@code hello} is closed after it
 * @param claimTimeout a {@code hello} whose session cannot be claimed by then is closed with 4005
 * @param heartbeatInterval told in {@code welcome} to a client without a wish
 * @param heartbeatTimeout told in {@code welcome}
 * @param heartbeatShortest least interval that a client is granted
 * @param heartbeatLongest greatest interval that a client is granted
 * @param limits told in {@code welcome}
 * @param inbound how much clients may send
 * @param publicationBytes largest value of one publication
 * @param historyTimeout a page that is not read by then is answered {@code unavailable}
 * @param historyInflight most history requests of one connection at once
 * @param maxLifetime no connection gets older; zero for any age
 */
public record SessionConfig(
        String node,
        Duration window,
        Duration helloTimeout,
        Duration claimTimeout,
        Duration heartbeatInterval,
        Duration heartbeatTimeout,
        Duration heartbeatShortest,
        Duration heartbeatLongest,
        Limits limits,
        InboundLimits inbound,
        int publicationBytes,
        Duration historyTimeout,
        int historyInflight,
        Duration maxLifetime) {

    /**
     * How often a client is pinged.
     *
     * @param wishMs its wish in milliseconds; 0 for none
     */
    public Duration heartbeatInterval(long wishMs) {
        if (wishMs == 0) {
            return heartbeatInterval;
        }
        long atLeast = Math.max(wishMs, heartbeatShortest.toMillis());
        return Duration.ofMillis(Math.min(atLeast, heartbeatLongest.toMillis()));
    }

    /** How often the record of a connected session is touched. */
    public Duration touchInterval() {
        return window.dividedBy(3);
    }
}
