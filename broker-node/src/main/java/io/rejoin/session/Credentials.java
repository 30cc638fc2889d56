package io.rejoin.session;

import io.rejoin.auth.Action;
import io.rejoin.auth.Applicant;
import io.rejoin.auth.AuthResult;
import io.rejoin.auth.Grants;
import io.rejoin.auth.Principal;
import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ClientFrame.Hello;
import io.rejoin.protocol.ClientFrame.Refresh;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.Limits;
import io.rejoin.protocol.ServerFrame.Refreshed;
import io.rejoin.value.RoomId;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whom a connection speaks for: checks tokens, puts new ones in the place of old ones, and ends the connection when the token has expired
 * or was revoked.
 *
 * <p>Threading: event loop of the connection. Limits: one refresh at a time.
 *
 * @see <a href="docs/protocol.md">HS-15, SE-13, SE-14</a>
 */
final class Credentials {

    private static final Logger LOG = LoggerFactory.getLogger(Credentials.class);

    /** Refreshes are spread over this part of a token's rest of life, so that clients that came at once do not all refresh at once. */
    private static final double EARLIEST_REFRESH = 0.6;

    private static final double LATEST_REFRESH = 0.85;
    private static final long LEAST_REFRESH_MS = 1_000;
    private static final Duration DAY = Duration.ofDays(1);
    private static final long RETRY_AFTER_MS = 1_000;

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private final Authentication authentication;
    private Principal principal = new Principal(null, null, Grants.NONE, TokenLimits.NONE, null);
    private Limits limits;
    private @Nullable String address;
    private boolean refreshing;
    private boolean toBeReplaced;
    private EventLoop.@Nullable Cancellation expiry;
    private EventLoop.@Nullable Cancellation replacement;

    Credentials(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
        this.authentication = node.authentication();
        this.limits = node.config().limits();
    }

    /** Finds out who says hello. */
    void authenticate(Hello hello, Consumer<AsyncResult<AuthResult>> then) {
        Upgrade upgrade = session.connection().takeUpgrade();
        address = upgrade.address();
        onLoop(Applicant.saying(hello.token(), hello.clientName(), upgrade), then);
    }

    private void onLoop(Applicant applicant, Consumer<AsyncResult<AuthResult>> then) {
        authentication.authenticator().authenticate(applicant).onComplete(result -> {
            if (session.loop().isCurrent()) {
                tell(result, then);
            } else {
                session.loop().execute(() -> tell(result, then));
            }
        });
    }

    private void tell(AsyncResult<AuthResult> result, Consumer<AsyncResult<AuthResult>> then) {
        if (!session.isClosed()) {
            then.accept(result);
        }
    }

    /** The hello was accepted; the session is known to its registry, so that it is told of every later revocation. */
    void begin(Principal accepted) {
        limits = boundBy(accepted.limits(), node.config().limits());
        replace(accepted);
    }

    private void replace(Principal accepted) {
        principal = accepted;
        watchExpiry();
        checkRevoked();
    }

    /** Whether the token allows this. */
    boolean allow(RoomId room, Action action) {
        return principal.grants().allow(room, action);
    }

    /** Why {@link #allow} said no. */
    static String refusal(Action action) {
        return "nothing grants " + action.text()
                + " in this room (expected: an entry in rejoin.grants of the token or of the hook's answer, or in auth.default-grants)";
    }

    /** The bounds of this connection: those of the node, or of the token that it began with when they are lower. */
    Limits limits() {
        return limits;
    }

    private static Limits boundBy(TokenLimits token, Limits node) {
        return new Limits(node.message(), lower(token.rooms(), node.rooms()), lower(token.inflight(), node.inflight()));
    }

    private static int lower(int ofToken, int ofNode) {
        return ofToken == 0 ? ofNode : Math.min(ofToken, ofNode);
    }

    /** When the client should refresh; 0 when its token does not expire. */
    long refreshAfterMs() {
        TokenFacts token = principal.token();
        if (token == null || !token.expires()) {
            return 0;
        }
        double part = EARLIEST_REFRESH + node.random().nextDouble() * (LATEST_REFRESH - EARLIEST_REFRESH);
        long rest = token.expiresAtMs() - authentication.clock().millis();
        return Math.max(LEAST_REFRESH_MS, (long) (rest * part));
    }

    void refresh(Refresh refresh) {
        if (refreshing) {
            fail(refresh, ErrorCode.RATE_LIMITED, "another refresh is not answered yet", RETRY_AFTER_MS);
            return;
        }
        refreshing = true;
        Applicant applicant = new Applicant(
                refresh.token(), null, address, Map.of(), session.identity().user());
        onLoop(applicant, result -> {
            refreshing = false;
            answer(refresh, result);
        });
    }

    private void answer(Refresh refresh, AsyncResult<AuthResult> result) {
        if (result.failed()) {
            LOG.debug(
                    "authentication is not available session={}",
                    session.identity().id(),
                    result.cause());
            fail(refresh, ErrorCode.UNAVAILABLE, "tokens cannot be checked now", RETRY_AFTER_MS);
        } else if (result.result() instanceof AuthResult.Accepted accepted) {
            accept(refresh, accepted.principal());
        } else if (result.result() instanceof AuthResult.Rejected rejected) {
            LOG.debug("token refused session={} reason={}", session.identity().id(), rejected.reason());
            fail(refresh, ErrorCode.FORBIDDEN, "the token is invalid", 0);
        } else if (result.result() instanceof AuthResult.Expired) {
            fail(refresh, ErrorCode.FORBIDDEN, "the token has expired", 0);
        } else {
            fail(refresh, ErrorCode.FORBIDDEN, "the token was revoked", 0);
        }
    }

    private void accept(Refresh refresh, Principal accepted) {
        if (!Objects.equals(accepted.user(), session.identity().user())) {
            fail(refresh, ErrorCode.FORBIDDEN, "the token is of another user (expected: the user of this session)", 0);
            return;
        }
        replace(accepted);
        long after = refreshAfterMs();
        session.reply(new Refreshed(refresh.ref(), after == 0 ? DAY.toMillis() : after));
        session.memberships().leaveForbidden();
    }

    private void fail(Refresh refresh, ErrorCode code, String message, long retryAfterMs) {
        session.fail(refresh.ref(), null, 0, code, message, retryAfterMs);
    }

    /** Clocks are set, so the time left is looked at anew at least once a day. */
    private void watchExpiry() {
        expiry = cancel(expiry);
        TokenFacts token = principal.token();
        if (token == null || !token.expires()) {
            return;
        }
        Duration left = Duration.ofMillis(
                        token.expiresAtMs() - authentication.clock().millis())
                .plus(authentication.expiryGrace());
        if (left.isZero() || left.isNegative()) {
            session.connection().close(CloseCode.TOKEN_EXPIRED, 0);
        } else {
            expiry = session.loop().schedule(left.compareTo(DAY) < 0 ? left : DAY, this::watchExpiry);
        }
    }

    /** Revocations have changed, or the principal has. */
    void checkRevoked() {
        switch (authentication.revocations().get().standingOf(principal)) {
            case GOOD -> {
                toBeReplaced = false;
                replacement = cancel(replacement);
            }
            case REVOKED -> session.connection().close(CloseCode.REVOKED, 0);
            case TO_BE_REPLACED -> closeWithinMargin();
        }
    }

    private void closeWithinMargin() {
        if (!toBeReplaced) {
            toBeReplaced = true;
            long marginMs = authentication.revocationMargin().toMillis();
            Duration wait = Duration.ofMillis((long) (node.random().nextDouble() * marginMs));
            replacement =
                    session.loop().schedule(wait, () -> session.connection().close(CloseCode.TOKEN_EXPIRED, 0));
        }
    }

    /** The connection is gone. */
    void end() {
        expiry = cancel(expiry);
        replacement = cancel(replacement);
    }

    private static EventLoop.@Nullable Cancellation cancel(EventLoop.@Nullable Cancellation timer) {
        if (timer != null) {
            timer.cancel();
        }
        return null;
    }
}
