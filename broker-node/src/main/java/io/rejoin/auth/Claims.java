package io.rejoin.auth;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.rejoin.auth.Grants.Grant;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.value.UserId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a user: by a token whose signature holds, or by a hook.
 *
 * <p>{@code rejoin} is an object of our own with {@code grants}, {@code limits} and {@code info}, each of which may be left out. What is
 * there but malformed is a fault of the whole: a grant that was misspelt must not become a wider or a narrower one.
 *
 * <p>Threading: immutable.
 *
 * @see <a href="docs/security.md">claims</a>
 */
final class Claims {

    private static final String OURS = "rejoin";
    private static final int USER_BYTES = 255;
    private static final int INFO_BYTES = 1_024;
    private static final int MOST_LIMIT = 1_000_000;
    /** The end of the year 9999. */
    private static final long LATEST_SECOND = 253_402_300_799L;

    private final Map<String, Object> claims;

    /**
     * Creates a reader.
     *
     * @param claims as parsed from JSON, where integers are Longs
     */
    Claims(Map<String, Object> claims) {
        this.claims = claims;
    }

    /**
     * Who it is about.
     *
     * @param defaults granted when it says nothing of grants
     * @param facts when it holds
     */
    Principal principal(Grants defaults, TokenFacts facts) throws ClaimFault {
        Object ours = claims.get(OURS);
        Map<String, Object> said = ours == null ? Map.of() : object(ours, OURS);
        return new Principal(user(), info(said), grants(said, defaults), limits(said), facts);
    }

    /** A text. */
    Optional<String> text(String claim) throws ClaimFault {
        Object value = claims.get(claim);
        if (value != null && !(value instanceof String)) {
            throw new ClaimFault(claim + " is no string");
        }
        return Optional.ofNullable((String) value);
    }

    /** A text, or several of them. */
    List<String> texts(String claim) throws ClaimFault {
        Object value = claims.get(claim);
        if (!(value instanceof List<?> list)) {
            return text(claim).stream().toList();
        }
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof String text)) {
                throw new ClaimFault(claim + " is no list of strings");
            }
            texts.add(text);
        }
        return texts;
    }

    /** A time: told in seconds since the Unix epoch, with or without fractions; in milliseconds here. */
    OptionalLong timeMs(String claim) throws ClaimFault {
        Object value = claims.get(claim);
        if (value == null) {
            return OptionalLong.empty();
        }
        if (!(value instanceof Number number) || number.longValue() < 0 || number.longValue() > LATEST_SECOND) {
            throw new ClaimFault(claim + " is no time (expected: seconds since 1970)");
        }
        return OptionalLong.of(number.longValue() * 1_000);
    }

    private UserId user() throws ClaimFault {
        String user = text("sub").orElse("");
        boolean usable = !user.isEmpty()
                && user.getBytes(StandardCharsets.UTF_8).length <= USER_BYTES
                && user.chars().noneMatch(Character::isISOControl);
        if (!usable) {
            throw new ClaimFault("sub is missing or unusable (expected: 1 to " + USER_BYTES
                    + " bytes of UTF-8 without control characters)");
        }
        return new UserId(user);
    }

    private static @Nullable String info(Map<String, Object> said) throws ClaimFault {
        Object info = said.get("info");
        if (info == null) {
            return null;
        }
        String text = JSONObjectUtils.toJSONString(object(info, "rejoin.info"));
        if (text.getBytes(StandardCharsets.UTF_8).length > INFO_BYTES) {
            throw new ClaimFault("rejoin.info is too large (expected: at most " + INFO_BYTES + " bytes)");
        }
        return text;
    }

    private static Grants grants(Map<String, Object> said, Grants defaults) throws ClaimFault {
        Object list = said.get("grants");
        if (list == null) {
            return defaults;
        }
        if (!(list instanceof List<?> entries) || entries.size() > Grants.MOST) {
            throw new ClaimFault("rejoin.grants is no list of at most " + Grants.MOST);
        }
        List<Grant> grants = new ArrayList<>();
        for (Object entry : entries) {
            grants.add(grant(object(entry, "rejoin.grants[]")));
        }
        return new Grants(grants);
    }

    private static Grant grant(Map<String, Object> entry) throws ClaimFault {
        Set<Action> actions = EnumSet.noneOf(Action.class);
        if (!(entry.get("actions") instanceof List<?> words)) {
            throw new ClaimFault("rejoin.grants[].actions is no list");
        }
        for (Object word : words) {
            Action action = word instanceof String text ? Action.of(text) : null;
            if (action == null) {
                throw new ClaimFault(
                        "rejoin.grants[].actions has an unknown one (expected: join, publish, presence or history)");
            }
            actions.add(action);
        }
        if (!(entry.get("room") instanceof String pattern)) {
            throw new ClaimFault("rejoin.grants[].room is no string");
        }
        try {
            return new Grant(pattern, actions);
        } catch (IllegalArgumentException wrongPattern) {
            throw new ClaimFault("rejoin.grants[].room is no pattern (expected: a name, or a prefix and *)");
        }
    }

    private static TokenLimits limits(Map<String, Object> said) throws ClaimFault {
        Object limits = said.get("limits");
        if (limits == null) {
            return TokenLimits.NONE;
        }
        Map<String, Object> bounds = object(limits, "rejoin.limits");
        return new TokenLimits(limit(bounds, "rooms"), limit(bounds, "inflight"));
    }

    private static int limit(Map<String, Object> bounds, String name) throws ClaimFault {
        Object bound = bounds.get(name);
        if (bound == null) {
            return 0;
        }
        if (!(bound instanceof Long number) || number < 1 || number > MOST_LIMIT) {
            throw new ClaimFault("rejoin.limits." + name + " is no integer from 1 to " + MOST_LIMIT);
        }
        return number.intValue();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value, String what) throws ClaimFault {
        if (!(value instanceof Map<?, ?>)) {
            throw new ClaimFault(what + " is no object");
        }
        return (Map<String, Object>) value;
    }
}
