package io.rejoin.api;

import io.rejoin.auth.Revocation;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.auth.RevocationStore;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/revocations}: makes tokens void before they expire.
 *
 * <p>Threading: thread-safe.
 *
 * @see <a href="docs/security.md">revocation</a>
 */
public final class RevokeCommand implements ApiServer.Command {

    /** Where it is found. */
    public static final String PATH = "/v1/revocations";

    private static final Logger LOG = LoggerFactory.getLogger(RevokeCommand.class);
    private static final Set<String> SUBJECTS = new TreeSet<>(List.of("user", "token", "everybody"));
    private static final Set<String> MEMBERS =
            new TreeSet<>(List.of("user", "token", "everybody", "issuedBefore", "soft", "keep"));
    private static final int SUBJECT_CHARS = 1_024;
    private static final long MOST_KEEP_MS = Duration.ofDays(365).toMillis();

    private final RevocationStore store;
    private final InstantSource clock;
    private final Duration usualTime;

    /**
     * Creates the command.
     *
     * @param usualTime how long a revocation is kept that does not say
     */
    public RevokeCommand(RevocationStore store, InstantSource clock, Duration usualTime) {
        this.store = store;
        this.clock = clock;
        this.usualTime = usualTime;
    }

    @Override
    public Future<JsonObject> run(JsonObject body) throws BadRequestException {
        Revocation revocation = read(body);
        return store.add(revocation).map(kept -> {
            LOG.info(
                    "revoked scope={} issuedBeforeMs={} soft={} untilMs={}",
                    revocation.scope(),
                    revocation.issuedBeforeMs(),
                    revocation.soft(),
                    revocation.untilMs());
            return new JsonObject()
                    .put("issuedBefore", revocation.issuedBeforeMs())
                    .put("soft", revocation.soft())
                    .put("until", revocation.untilMs());
        });
    }

    private Revocation read(JsonObject body) throws BadRequestException {
        for (String member : body.fieldNames()) {
            if (!MEMBERS.contains(member)) {
                throw new BadRequestException(member + " is no member (expected: " + String.join(", ", MEMBERS) + ")");
            }
        }
        List<String> subjects = SUBJECTS.stream().filter(body::containsKey).toList();
        if (subjects.size() != 1) {
            throw new BadRequestException("subjects=" + subjects + " (expected: exactly one of " + SUBJECTS + ")");
        }
        long now = clock.millis();
        long issuedBefore = integer(body, "issuedBefore", now, now);
        return new Revocation(
                scope(subjects.get(0)),
                subject(body, subjects.get(0)),
                issuedBefore,
                flag(body, "soft", false),
                now + integer(body, "keep", usualTime.toMillis(), MOST_KEEP_MS));
    }

    private static Scope scope(String subject) {
        return switch (subject) {
            case "user" -> Scope.USER;
            case "token" -> Scope.TOKEN;
            default -> Scope.EVERYBODY;
        };
    }

    private static String subject(JsonObject body, String name) throws BadRequestException {
        if (name.equals("everybody")) {
            if (!flag(body, name, false)) {
                throw new BadRequestException("everybody=" + body.getValue(name) + " (expected: true)");
            }
            return "";
        }
        if (body.getValue(name) instanceof String text && !text.isEmpty() && text.length() <= SUBJECT_CHARS) {
            return text;
        }
        throw new BadRequestException(name + "=" + shown(body.getValue(name)) + " (expected: a string of 1 to "
                + SUBJECT_CHARS + " characters)");
    }

    private static long integer(JsonObject body, String name, long otherwise, long most) throws BadRequestException {
        if (!body.containsKey(name)) {
            return otherwise;
        }
        Object value = body.getValue(name);
        if ((value instanceof Integer || value instanceof Long)
                && ((Number) value).longValue() >= 1
                && ((Number) value).longValue() <= most) {
            return ((Number) value).longValue();
        }
        throw new BadRequestException(name + "=" + shown(value) + " (expected: milliseconds from 1 to " + most + ")");
    }

    private static boolean flag(JsonObject body, String name, boolean otherwise) throws BadRequestException {
        if (!body.containsKey(name)) {
            return otherwise;
        }
        if (body.getValue(name) instanceof Boolean flag) {
            return flag;
        }
        throw new BadRequestException(name + "=" + shown(body.getValue(name)) + " (expected: true or false)");
    }

    private static String shown(Object value) {
        String text = String.valueOf(value);
        return text.length() <= 64 ? text : text.substring(0, 64) + "…";
    }
}
