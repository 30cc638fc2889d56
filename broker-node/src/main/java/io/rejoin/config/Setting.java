package io.rejoin.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One key of the configuration.
 *
 * <p>Threading: immutable.
 *
 * @param <T> type of its values
 * @param key path in the YAML file
 * @param defaultText value when no source has the key; empty means not set
 * @param defaultShown what the manual says about the default when the text does not say it; else empty
 * @param parser reads a value; throws IllegalArgumentException with what was expected
 * @param sentence what it does
 * @param secret whether its value is never shown
 */
record Setting<T>(
        String key,
        String defaultText,
        String defaultShown,
        Function<String, T> parser,
        String sentence,
        boolean secret) {

    private static final String ENVIRONMENT_PREFIX = "REJOIN_";

    /** Name of its environment variable. */
    String environmentName() {
        return ENVIRONMENT_PREFIX
                + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Its default as the manual shows it. */
    String manualDefault() {
        if (!defaultShown.isEmpty()) {
            return defaultShown;
        }
        return defaultText.isEmpty() ? "–" : "`" + defaultText + "`";
    }

    /** Whether an environment variable is meant for the node. */
    static boolean isOurs(String environmentName) {
        return environmentName.startsWith(ENVIRONMENT_PREFIX);
    }
}
