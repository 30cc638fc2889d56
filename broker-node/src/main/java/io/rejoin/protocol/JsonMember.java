package io.rejoin.protocol;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The members that client frames have. A name means the same, with the same bounds, in every frame that has it, so a member can be read
 * before the frame's type is known.
 *
 * <p>Threading: immutable.
 */
enum JsonMember {
    /** Which frame it is. */
    TYPE("type", "a string"),
    /** Echoed by the reply. */
    REF("ref", "an integer from -9007199254740991 to 9007199254740991 or a string of up to 64 characters"),
    /** Name of a room. */
    ROOM("room", "1..255 bytes of UTF-8 without control characters"),
    /** Where to continue. */
    POSITION("position", "an object with epoch and offset"),
    /** How many of the newest publications come first. */
    HISTORY("history", "0..1000"),
    /** Whether superseded values are wanted. */
    DELIVERY("delivery", "all or latest"),
    /** The client's count of its publishes. */
    NUMBER("number", "1..9007199254740991"),
    /** Lowest unacknowledged number. */
    FIRST("first", "1..9007199254740991"),
    /** What is published. */
    DATA("data", "any JSON value, or skip"),
    /** Gives a number up. */
    SKIP("skip", "true"),
    /** Conflation key. */
    KEY("key", "a string of up to 128 bytes of UTF-8"),
    /** Durable or ephemeral. */
    CLASS("class", "durable or ephemeral"),
    /** Where a page starts. */
    AFTER("after", "an object with epoch and offset"),
    /** Size of a page. */
    LIMIT("limit", "1..1000"),
    /** Milliseconds of a ping. */
    TIME("time", "0..9007199254740991"),
    /** Who the client is. */
    TOKEN("token", "a string"),
    /** What is to be resumed. */
    SESSION("session", "an object with id, secret and attempt"),
    /** What is to be joined. */
    ROOMS("rooms", "an array of objects"),
    /** What the client calls itself. */
    CLIENT("client", "an object with name and version"),
    /** How often the client wants to be pinged. */
    HEARTBEAT("heartbeat", "an object with interval");

    private static final Map<String, JsonMember> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(member -> member.text, Function.identity()));

    private final String text;
    private final String expected;

    JsonMember(String text, String expected) {
        this.text = text;
        this.expected = expected;
    }

    static @Nullable JsonMember of(String name) {
        return BY_NAME.get(name);
    }

    /** The name on the wire. */
    String text() {
        return text;
    }

    /**
     * Says what is wrong.
     *
     * @param found what stands there, as the rest of a sentence that starts with the name
     */
    String fault(String found) {
        return text + found + " (expected: " + expected + ")";
    }
}
