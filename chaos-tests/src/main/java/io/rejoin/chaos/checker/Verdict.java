package io.rejoin.chaos.checker;

import java.util.List;
import java.util.SortedMap;

/**
 * What a checker found.
 *
 * <p>Threading: immutable.
 *
 * @param law name of the checker
 * @param result the worst of what it found
 * @param counts what was counted, by name
 * @param examples some of the offending operations
 */
public record Verdict(String law, Result result, SortedMap<String, Long> counts, List<String> examples) {

    /** Ordered from good to bad. */
    public enum Result {
        /** The law holds, and there was something to check. */
        VALID,
        /** The history does not tell. */
        UNKNOWN,
        /** The law is broken. */
        INVALID;

        /** The worse of both. */
        public Result and(Result other) {
            return compareTo(other) >= 0 ? this : other;
        }
    }
}
