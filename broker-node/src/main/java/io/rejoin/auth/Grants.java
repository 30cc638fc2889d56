package io.rejoin.auth;

import io.rejoin.value.RoomId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a user may do in which rooms. Nothing is forbidden by a grant: what no grant allows is not allowed.
 *
 * <p>Threading: immutable. Limits: {@value #MOST} grants, since each request looks at all of them.
 *
 * @param grants in any order; what several of them allow adds up
 * @see <a href="docs/security.md">grants</a>
 */
public record Grants(List<Grant> grants) {

    /** Most grants of one user. */
    public static final int MOST = 64;

    /** Everything in every room. */
    public static final Grants ALL = new Grants(List.of(new Grant("*", EnumSet.allOf(Action.class))));

    /** Nothing. */
    public static final Grants NONE = new Grants(List.of());

    private static final String ALL_ACTIONS = "all";
    private static final String FORM = "pattern=action+action, such as chat/*=join+publish; actions are join, publish,"
            + " presence, history or all, patterns the name of a room or a prefix and *";

    /** Copies the list. */
    public Grants {
        grants = List.copyOf(grants);
        if (grants.size() > MOST) {
            throw new IllegalArgumentException("grants=" + grants.size() + " (expected: at most " + MOST + ")");
        }
    }

    /**
     * One entry.
     *
     * @param pattern the name of a room, or a prefix of names followed by {@code *}
     * @param actions what may be done
     */
    public record Grant(String pattern, Set<Action> actions) {

        /** Copies the set. */
        public Grant {
            int star = pattern.indexOf('*');
            if (pattern.isEmpty() || (star >= 0 && star != pattern.length() - 1)) {
                throw new IllegalArgumentException(
                        "room pattern=" + pattern + " (expected: the name of a room, or a prefix and * at the end)");
            }
            actions = Set.copyOf(actions);
        }

        boolean covers(RoomId room) {
            int prefix = pattern.length() - 1;
            return pattern.charAt(prefix) == '*'
                    ? room.name().regionMatches(0, pattern, 0, prefix)
                    : room.name().equals(pattern);
        }
    }

    /** Whether some grant allows this. */
    public boolean allow(RoomId room, Action action) {
        for (Grant grant : grants) {
            if (grant.actions().contains(action) && grant.covers(room)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Reads grants as settings have them: {@code chat/*=join+publish, news=join}.
     *
     * @throws IllegalArgumentException whose message is only what was expected
     */
    public static Grants parse(String text) {
        List<Grant> grants = new ArrayList<>();
        for (String entry : text.split(",", -1)) {
            if (!entry.isBlank()) {
                grants.add(parseEntry(entry.trim()));
            }
        }
        return new Grants(grants);
    }

    private static Grant parseEntry(String entry) {
        int equals = entry.lastIndexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException(FORM);
        }
        Set<Action> actions = EnumSet.noneOf(Action.class);
        Stream.of(entry.substring(equals + 1).split("\\+", -1))
                .map(String::trim)
                .forEach(word -> {
                    Action action = Action.of(word);
                    if (action != null) {
                        actions.add(action);
                    } else if (word.equals(ALL_ACTIONS)) {
                        actions.addAll(EnumSet.allOf(Action.class));
                    } else {
                        throw new IllegalArgumentException(FORM);
                    }
                });
        try {
            return new Grant(entry.substring(0, equals).trim(), actions);
        } catch (IllegalArgumentException wrongPattern) {
            throw new IllegalArgumentException(FORM, wrongPattern);
        }
    }
}
