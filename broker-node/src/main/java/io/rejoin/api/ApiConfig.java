package io.rejoin.api;

import java.util.List;

/**
 * Settings of the server API.
 *
 * <p>Threading: immutable.
 *
 * @param host address to listen on
 * @param port 1 to 65535, or 0 for a free one
 * @param keys any of which a backend has to send; without one there is no API
 */
public record ApiConfig(String host, int port, List<String> keys) {

    /** Copies the list. */
    public ApiConfig {
        keys = List.copyOf(keys);
    }

    @Override
    public String toString() {
        return "ApiConfig[host=" + host + ", port=" + port + ", keys=" + keys.size() + "]";
    }
}
