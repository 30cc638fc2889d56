package io.rejoin.auth;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came with a client's request for a WebSocket and may tell who it is.
 *
 * <p>Threading: immutable.
 *
 * @param token of {@code Authorization: Bearer}; {@code null} when there was none
 * @param address the client's, as far as proxies are believed; {@code null} when nobody knows it
 * @param headers those that {@code auth.hook.headers} names, as named there; several of a name are joined by commas
 */
public record Upgrade(@Nullable String token, @Nullable String address, Map<String, String> headers) {

    /** Nothing came, or it was forgotten. */
    public static final Upgrade NONE = new Upgrade(null, null, Map.of());

    /** Copies the map. */
    public Upgrade {
        headers = Map.copyOf(headers);
    }

    @Override
    public String toString() {
        return "Upgrade[address=" + address + ", headers=" + headers.keySet() + "]";
    }
}
