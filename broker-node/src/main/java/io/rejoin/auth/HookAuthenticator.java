package io.rejoin.auth;

import com.nimbusds.jose.util.JSONObjectUtils;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a hook decide who clients are.
 *
 * <p>The hook answers with the claims that a token of the user would have, of which {@code exp} may be left out; or with a refusal. Whatever
 * else comes, or does not come, means that the answer is not known: nobody is let in by it, and nobody is turned away for good.
 *
 * <p>A hook that fails several times in a row is left alone for a while, then asked one question; by its answer the others go on or wait
 * again.
 *
 * <p>Threading: thread-safe. Limits: {@link HookConfig#concurrency} questions at once, of which clients that are connected already may use
 * half, so that they keep nobody out.
 *
 * @see <a href="docs/security.md">connect hook</a>
 */
public final class HookAuthenticator implements Authenticator {

    private static final Logger LOG = LoggerFactory.getLogger(HookAuthenticator.class);

    private static final int OK = 200;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int REFRESH_SHARE = 2;
    /** Least time between two complaints. */
    private static final long COMPLAIN_EVERY_MS = 10_000;

    private final String node;
    private final HookConfig config;
    private final Hook hook;
    private final LongSupplier ticks;
    private final InstantSource clock;
    private final AuthMetrics metrics;
    private final CircuitBreaker breaker;
    private final AtomicInteger asking = new AtomicInteger();
    private final AtomicLong nextComplaintMs;

    /**
     * Creates one.
     *
     * @param node the node's name, told to the hook
     * @param ticks milliseconds of a clock that never jumps
     * @param clock that expiry is measured with
     */
    public HookAuthenticator(
            String node, HookConfig config, Hook hook, LongSupplier ticks, InstantSource clock, AuthMetrics metrics) {
        this.node = node;
        this.config = config;
        this.hook = hook;
        this.ticks = ticks;
        this.clock = clock;
        this.metrics = metrics;
        this.nextComplaintMs = new AtomicLong(ticks.getAsLong());
        this.breaker = breaker(config, ticks);
        breaker.getEventPublisher().onStateTransition(changed -> tell(changed.getStateTransition()));
    }

    /** So many failures in a row open it: of the last ones all have failed. */
    private static CircuitBreaker breaker(HookConfig config, LongSupplier ticks) {
        return CircuitBreaker.of(
                "hook",
                CircuitBreakerConfig.custom()
                        .slidingWindowType(SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(config.failures())
                        .minimumNumberOfCalls(config.failures())
                        .failureRateThreshold(100)
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .waitDurationInOpenState(config.pause())
                        .clock(new TickClock(ticks))
                        .build());
    }

    private void tell(StateTransition change) {
        if (change.getToState() == State.OPEN) {
            LOG.warn(
                    "hook is not asked for {} ms, and clients are told to come again, since it failed {}",
                    config.pause().toMillis(),
                    change.getFromState() == State.HALF_OPEN ? "once more" : config.failures() + " times in a row");
        } else if (change.getToState() == State.CLOSED) {
            LOG.info("hook answers again");
        }
    }

    @Override
    public Future<AuthResult> authenticate(Applicant applicant) {
        String fault = applicant.tokenFault();
        if (fault != null) {
            return Future.succeededFuture(new AuthResult.Rejected(fault));
        }
        int share = applicant.refreshing() == null ? 1 : REFRESH_SHARE;
        if (asking.incrementAndGet() > Math.max(1, config.concurrency() / share)) {
            asking.decrementAndGet();
            return spared("busy");
        }
        if (!breaker.tryAcquirePermission()) {
            asking.decrementAndGet();
            return spared("paused");
        }
        return ask(applicant);
    }

    private Future<AuthResult> spared(String why) {
        metrics.onHookSpared(why);
        return Future.failedFuture(new HookUnavailableException("hook is not asked: " + why));
    }

    private Future<AuthResult> ask(Applicant applicant) {
        long askedMs = ticks.getAsLong();
        // As of the question: whoever is revoked while it is on its way was let in before that.
        long issuedMs = clock.millis();
        Future<Hook.Answer> asked;
        try {
            asked = hook.ask(question(applicant));
        } catch (RuntimeException failure) {
            asked = Future.failedFuture(failure);
        }
        return asked.transform(answer -> {
            asking.decrementAndGet();
            return onAnswer(answer.result(), answer.cause(), issuedMs, ticks.getAsLong() - askedMs);
        });
    }

    private byte[] question(Applicant applicant) {
        Map<String, Object> question = new LinkedHashMap<>();
        UserId user = applicant.refreshing();
        question.put("reason", user == null ? "hello" : "refresh");
        putUnlessNull(question, "token", applicant.token());
        putUnlessNull(question, "user", user == null ? null : user.value());
        putUnlessNull(question, "client", applicant.clientName());
        putUnlessNull(question, "address", applicant.address());
        if (!applicant.headers().isEmpty()) {
            question.put("headers", applicant.headers());
        }
        question.put("node", node);
        return JSONObjectUtils.toJSONString(question).getBytes(StandardCharsets.UTF_8);
    }

    private static void putUnlessNull(Map<String, Object> question, String name, @Nullable String value) {
        if (value != null) {
            question.put(name, value);
        }
    }

    private Future<AuthResult> onAnswer(
            Hook.@Nullable Answer answer, @Nullable Throwable cause, long issuedMs, long tookMs) {
        if (answer == null) {
            return failed(cause == null ? new HookUnavailableException("hook gave no answer") : cause, tookMs);
        }
        boolean isRefusal = answer.status() == UNAUTHORIZED || answer.status() == FORBIDDEN;
        if (answer.status() != OK && !isRefusal) {
            String message = "hook status=" + answer.status() + " (expected: 200, 401 or 403)";
            return failed(new HookUnavailableException(message), tookMs);
        }
        breaker.onSuccess(tookMs, TimeUnit.MILLISECONDS);
        if (isRefusal) {
            return known(new AuthResult.Rejected("hook status=" + answer.status()), tookMs);
        }
        try {
            return known(read(answer.body(), issuedMs), tookMs);
        } catch (ClaimFault fault) {
            // About one client: what others get is none the worse for it, so the breaker is not told.
            metrics.onHook("unusable", tookMs);
            HookUnavailableException unusable = new HookUnavailableException("answer of the hook: " + fault.text());
            complain(unusable);
            return Future.failedFuture(unusable);
        }
    }

    private Future<AuthResult> known(AuthResult result, long tookMs) {
        metrics.onHook(result instanceof AuthResult.Accepted ? "accepted" : "refused", tookMs);
        return Future.succeededFuture(result);
    }

    private Future<AuthResult> failed(Throwable cause, long tookMs) {
        metrics.onHook("failed", tookMs);
        complain(cause);
        breaker.onError(tookMs, TimeUnit.MILLISECONDS, cause);
        return Future.failedFuture(cause);
    }

    private AuthResult read(ByteBuffer body, long issuedMs) throws ClaimFault {
        Map<String, Object> answer = parse(body);
        Claims claims = new Claims(answer);
        if (answer.containsKey("refuse")) {
            return refusal(claims.text("refuse").orElse(""));
        }
        TokenFacts facts = new TokenFacts(
                claims.text("jti").orElse(null),
                claims.timeMs("iat").orElse(issuedMs),
                claims.timeMs("exp").orElse(TokenFacts.NEVER));
        Principal principal = claims.principal(config.defaultGrants(), facts);
        return facts.expiresAtMs() <= clock.millis() ? new AuthResult.Expired() : new AuthResult.Accepted(principal);
    }

    private static Map<String, Object> parse(ByteBuffer body) throws ClaimFault {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(body).toString();
            Map<String, Object> parsed = JSONObjectUtils.parse(text);
            if (parsed != null) {
                return parsed;
            }
        } catch (CharacterCodingException | ParseException malformed) {
            // Its message may hold some of the answer.
        }
        throw new ClaimFault("is no object of JSON");
    }

    /** The words are the names of close codes. */
    private static AuthResult refusal(String word) throws ClaimFault {
        return switch (word) {
            case "unauthenticated" -> new AuthResult.Rejected("hook refuses: " + word);
            case "token-expired" -> new AuthResult.Expired();
            case "revoked" -> new AuthResult.Revoked();
            default -> throw new ClaimFault("refuse is unknown (expected: unauthenticated, token-expired or revoked)");
        };
    }

    /** A hook that is down fails for everybody: the log gets one line of many. */
    private void complain(Throwable cause) {
        long now = ticks.getAsLong();
        long next = nextComplaintMs.get();
        if (now >= next && nextComplaintMs.compareAndSet(next, now + COMPLAIN_EVERY_MS)) {
            LOG.warn("hook is of no use cause=\"{}\"", String.valueOf(cause.getMessage()));
        }
    }

    /** The ticks as a clock, so that a clock that is set neither ends nor prolongs a pause. */
    private static final class TickClock extends Clock {
        private final LongSupplier ticks;

        TickClock(LongSupplier ticks) {
            this.ticks = ticks;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(ticks.getAsLong());
        }
    }
}
