package io.rejoin.protocol;

/**
 * Why the broker closes a connection. 4000–4499: reconnect and resume; 4500–4999: stop. Append-only.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/protocol.md">CL, close codes</a>
 */
public enum CloseCode {
    /** The client ended its session with {@code bye}. */
    NORMAL(1000, "bye"),
    /** A text message that is no UTF-8. */
    NOT_UTF8(1007, "invalid-utf-8"),
    /** A message larger than {@code limits.message}. */
    TOO_BIG(1009, "too-big"),
    /** The node is leaving. */
    RESTART(4000, "restart"),
    /** Nothing was heard from the client. */
    HEARTBEAT_TIMEOUT(4001, "heartbeat-timeout"),
    /** The client lags longer than the policy allows. */
    SLOW_CONSUMER(4002, "slow-consumer"),
    /** The token has expired. */
    TOKEN_EXPIRED(4003, "token-expired"),
    /** An admission limit was reached. */
    OVERLOADED(4004, "overloaded"),
    /** The node is cut off from the majority. */
    NO_QUORUM(4005, "no-quorum"),
    /** No {@code hello} in time. */
    HELLO_TIMEOUT(4006, "hello-timeout"),
    /** The client broke the protocol. */
    BAD_PROTOCOL(4500, "bad-protocol"),
    /** The token is invalid. */
    UNAUTHENTICATED(4501, "unauthenticated"),
    /** Origin or policy. */
    FORBIDDEN(4502, "forbidden"),
    /** The session was resumed by a newer connection. */
    TAKEN_OVER(4503, "taken-over"),
    /** Limits were ignored after {@code rate-limited}. */
    FLOODING(4504, "flooding"),
    /** The token or user was revoked. */
    REVOKED(4505, "revoked");

    private final int number;
    private final String text;

    CloseCode(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /** The number of the WebSocket close frame. */
    public int number() {
        return number;
    }

    /** The name in the contract, used in metrics and logs. */
    public String text() {
        return text;
    }
}
