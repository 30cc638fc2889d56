package io.rejoin.config;

import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicies.Namespace;
import io.rejoin.room.RoomPolicy;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the policies of rooms: one for all from the settings {@code room.}, and those of the file's mapping {@code rooms}, whose
 * namespaces take from the former what they do not set.
 *
 * <p>Threading: confined to the start. Failure: faults are noted in the sources; what is read then is not to be used.
 */
final class PolicyReader {

    private static final String NO_LOG = "expected: not with class=ephemeral, which keeps no log";

    /** What means nothing to rooms that keep no log and make nobody wait. */
    private static final List<Setting<?>> OF_LOGS = List.of(
            Settings.ROOM_HISTORY_COUNT,
            Settings.ROOM_HISTORY_BYTES,
            Settings.ROOM_HISTORY_AGE,
            Settings.ROOM_PUBLISHERS,
            Settings.ROOM_SLOW_CONSUMER_GRACE,
            Settings.ROOM_SLOW_CONSUMER_ACTION);

    private final SettingSources sources;

    PolicyReader(SettingSources sources) {
        this.sources = sources;
    }

    RoomPolicies read() {
        RoomPolicy fallback = policy(new Scope("", Map.of()));
        List<Namespace> namespaces = new ArrayList<>();
        Object mapping = sources.namespaces();
        if (mapping instanceof Map<?, ?> byPrefix) {
            byPrefix.forEach((prefix, keys) -> namespaces.addAll(namespace(prefix, keys)));
        } else if (mapping != null) {
            sources.addFault("rooms=" + mapping + " (from " + sources.fileSource()
                    + "; expected: a mapping of prefixes of room names to policies)");
        }
        RoomPolicies policies = new RoomPolicies(fallback, namespaces);
        checkEffect(policies);
        return policies;
    }

    private List<Namespace> namespace(@Nullable Object key, @Nullable Object value) {
        String prefix = String.valueOf(key == null ? "" : key);
        String shown = "rooms.\"" + prefix.replaceAll("\\p{Cntrl}", "?") + "\"";
        String problem = prefixProblem(key, prefix);
        if (problem != null) {
            sources.addFault(shown + " (from " + sources.fileSource() + ") is no namespace: " + problem);
        }
        if (!(value instanceof Map<?, ?> mapping)) {
            sources.addFault(shown + "=" + (value == null ? "" : value) + " (from " + sources.fileSource()
                    + "; expected: a mapping of the policy's keys, {} for none)");
            return List.of();
        }
        Scope scope = new Scope(shown + ".", texts(shown, mapping));
        RoomPolicy policy = policy(scope);
        scope.checkEffect(policy.roomClass());
        return problem == null ? List.of(new Namespace(prefix, policy)) : List.of();
    }

    private static @Nullable String prefixProblem(@Nullable Object key, String prefix) {
        if (key != null && !(key instanceof String)) {
            return "it is not a text (expected: a prefix of room names, in quotes)";
        }
        if (prefix.isEmpty()) {
            return "it is empty (expected: a prefix of room names; the settings room. are for all other rooms)";
        }
        try {
            return new RoomId(prefix).isReserved()
                    ? "rooms that start with $ are reserved (expected: another prefix)"
                    : null;
        } catch (IllegalArgumentException e) {
            return "as a name, " + e.getMessage();
        }
    }

    private Map<String, String> texts(String shown, Map<?, ?> mapping) {
        List<String> known =
                Settings.ofPolicies().stream().map(Settings::policyKey).toList();
        Map<String, String> texts = new LinkedHashMap<>();
        mapping.forEach((rawKey, value) -> {
            String key = String.valueOf(rawKey);
            if (!known.contains(key)) {
                sources.addFault(shown + "." + key + " (from " + sources.fileSource()
                        + ") is no key of a policy; did you mean " + SettingSources.nearest(key, known.stream()) + "?");
            } else if (value instanceof Map || value instanceof Iterable) {
                sources.addFault(
                        shown + "." + key + " (from " + sources.fileSource() + ") is a structure (expected: a value)");
            } else {
                texts.put(key, value == null ? "" : String.valueOf(value).trim());
            }
        });
        return texts;
    }

    private RoomPolicy policy(Scope scope) {
        return new RoomPolicy(
                scope.get(Settings.ROOM_CLASS),
                scope.get(Settings.ROOM_HISTORY_COUNT),
                scope.get(Settings.ROOM_HISTORY_BYTES),
                scope.get(Settings.ROOM_HISTORY_AGE),
                scope.get(Settings.ROOM_MEMBERS),
                scope.get(Settings.ROOM_PUBLISHERS),
                scope.get(Settings.ROOM_PUBLISH_RATE),
                scope.get(Settings.ROOM_PUBLISH),
                scope.get(Settings.ROOM_SLOW_CONSUMER_GRACE),
                scope.get(Settings.ROOM_SLOW_CONSUMER_ACTION),
                scope.get(Settings.ROOM_CONFLATION_INTERVAL),
                scope.get(Settings.ROOM_PRESENCE));
    }

    /** The settings {@code room.} are there for namespaces, too: one is a fault only when no rooms at all take it. */
    private void checkEffect(RoomPolicies policies) {
        List<RoomClass> classes = Stream.concat(
                        Stream.of(policies.fallback()),
                        policies.namespaces().stream().map(Namespace::policy))
                .map(RoomPolicy::roomClass)
                .toList();
        Duration interval = sources.get(Settings.ROOM_CONFLATION_INTERVAL);
        sources.check(
                interval.isZero() || classes.contains(RoomClass.CONFLATED),
                Settings.ROOM_CONFLATION_INTERVAL.key() + "=" + interval.toMillis()
                        + "ms (expected: only with room.class=conflated or a namespace of that class)",
                Settings.ROOM_CONFLATION_INTERVAL,
                Settings.ROOM_CLASS);
        boolean anyLog = classes.stream().anyMatch(one -> one != RoomClass.EPHEMERAL);
        for (Setting<?> setting : OF_LOGS) {
            sources.check(
                    anyLog || !sources.isGiven(setting),
                    setting.key() + " is set (" + NO_LOG + ", unless a namespace has another class)",
                    setting,
                    Settings.ROOM_CLASS);
        }
    }

    /** Where the values of one policy come from: what its own mapping gives, else the settings. */
    private final class Scope {

        private final String shownPrefix;
        private final Map<String, String> given;

        Scope(String shownPrefix, Map<String, String> given) {
            this.shownPrefix = shownPrefix;
            this.given = given;
        }

        <T> T get(Setting<T> setting) {
            String text = given.get(Settings.policyKey(setting));
            T otherwise = sources.get(setting);
            if (text == null) {
                return otherwise;
            }
            try {
                return setting.parser().apply(text);
            } catch (IllegalArgumentException e) {
                sources.addFault(faultOf(setting, text, "expected: " + e.getMessage()));
                return otherwise;
            }
        }

        private String faultOf(Setting<?> setting, String text, String expected) {
            return shownPrefix + Settings.policyKey(setting) + "=" + text + " (from " + sources.fileSource() + "; "
                    + expected + ")";
        }

        /** Notes keys of its own that mean nothing to its class. */
        void checkEffect(RoomClass roomClass) {
            if (roomClass == RoomClass.EPHEMERAL) {
                OF_LOGS.forEach(setting -> refuse(setting, NO_LOG));
            }
            if (roomClass != RoomClass.CONFLATED) {
                refuse(
                        Settings.ROOM_CONFLATION_INTERVAL,
                        "expected: only with class=conflated, here class=" + roomClass.text());
            }
        }

        private void refuse(Setting<?> setting, String expected) {
            String text = given.get(Settings.policyKey(setting));
            if (text != null) {
                sources.addFault(faultOf(setting, text, expected));
            }
        }
    }
}
