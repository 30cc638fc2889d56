package io.rejoin.config;

import java.nio.charset.StandardCharsets;

/**
 * A text that no log shows.
 *
 * <p>Threading: immutable.
 *
 * @param text the secret
 */
public record Secret(String text) {

    /** Its bytes in UTF-8. */
    public byte[] bytes() {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "***";
    }
}
