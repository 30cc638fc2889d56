package io.rejoin.auth;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a grant lets a user do in a room.
 *
 * <p>Threading: immutable.
 */
public enum Action {
    /** Become a member: gets publications, also those retained ones that a join asks for. */
    JOIN("join"),
    /** Publish, durably or not, and give numbers up. */
    PUBLISH("publish"),
    /** Ask who is there. */
    PRESENCE("presence"),
    /** Read pages of the log. */
    HISTORY("history");

    private static final Map<String, Action> BY_TEXT =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Action::text, Function.identity()));

    private final String text;

    Action(String text) {
        this.text = text;
    }

    /** The word in tokens and settings. */
    public String text() {
        return text;
    }

    static @Nullable Action of(String text) {
        return BY_TEXT.get(text);
    }
}
