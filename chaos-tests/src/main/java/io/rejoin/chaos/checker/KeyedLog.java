package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Keys;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where the newest value of each key stands in the log of a conflated room.
 *
 * <p>Threading: one thread. Memory: grows with the keys.
 */
final class KeyedLog {

    private final Map<String, Long> newest = new HashMap<>();

    void put(long offset, String value) {
        newest.merge(Keys.of(value), offset, Math::max);
    }

    /** An offset between two, both included, that holds the newest value of a key; {@code null} when there is none. */
    @Nullable
    Long newest(long from, long to) {
        Long found = new TreeSet<>(newest.values()).ceiling(from);
        return found != null && found <= to ? found : null;
    }
}
