package io.rejoin.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One JSON value as the client wrote it, passed through as bytes and never parsed again.
 *
 * <p>Threading: immutable; the array is kept by reference and must not change.
 */
public final class Payload {

    private final byte[] json;

    private Payload(byte[] json) {
        this.json = json;
    }

    /**
     * Wraps checked bytes.
     *
     * @param json one complete JSON value in valid UTF-8, at most 64 levels deep; not copied
     */
    public static Payload ofJson(byte[] json) {
        return new Payload(json);
    }

    /** Wraps one complete JSON value given as text. */
    public static Payload ofJson(String json) {
        return new Payload(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The bytes themselves, not a copy. */
    public byte[] json() {
        return json;
    }

    /** Size in bytes. */
    public int size() {
        return json.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Payload payload && Arrays.equals(json, payload.json);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(json);
    }

    @Override
    public String toString() {
        return "Payload[" + json.length + " bytes]";
    }
}
