package io.rejoin.auth;

import io.rejoin.value.UserId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client that asks to be let in, or to stay, and what it shows.
 *
 * <p>Threading: immutable.
 *
 * @param token as the client sent it; {@code null} when it sent none
 * @param clientName name and version that the client gives itself; {@code null} when it gives none
 * @param address the client's; {@code null} when nobody knows it
 * @param headers of its request for a WebSocket, those that are kept
 * @param refreshing the user of an open connection that shall go on with this token; {@code null} for a hello
 */
public record Applicant(
        @Nullable String token,
        @Nullable String clientName,
        @Nullable String address,
        Map<String, String> headers,
        @Nullable UserId refreshing) {

    /** Longest token, in characters. */
    public static final int MAX_TOKEN = 8 << 10;

    /** Copies the map. */
    public Applicant {
        headers = Map.copyOf(headers);
    }

    /** One that says hello. Its token is that of the hello, else that of the upgrade. */
    public static Applicant saying(@Nullable String token, @Nullable String clientName, Upgrade upgrade) {
        return new Applicant(
                token != null ? token : upgrade.token(), clientName, upgrade.address(), upgrade.headers(), null);
    }

    /** One that shows a token and nothing else. */
    public static Applicant showing(@Nullable String token) {
        return saying(token, null, Upgrade.NONE);
    }

    /** Why its token is not looked at; {@code null} when it can be. */
    @Nullable
    String tokenFault() {
        return token != null && token.length() > MAX_TOKEN
                ? "token of " + token.length() + " characters (expected: at most " + MAX_TOKEN + ")"
                : null;
    }

    @Override
    public String toString() {
        return "Applicant[clientName=" + clientName + ", address=" + address + ", refreshing=" + refreshing + "]";
    }
}
