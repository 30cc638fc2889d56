package io.rejoin.session;

import io.rejoin.auth.AuthResult;
import io.rejoin.auth.Principal;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ClientFrame.Hello;
import io.rejoin.protocol.ClientFrame.RoomRequest;
import io.rejoin.protocol.ClientFrame.SessionClaim;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.ServerFrame.Joined;
import io.rejoin.protocol.ServerFrame.Welcome;
import io.rejoin.value.SessionId;
import io.vertx.core.AsyncResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers one hello: authenticates, claims the session and joins its rooms at the same time, then sends {@code welcome}.
 *
 * <p>Threading: event loop of the connection. Failure: a session that cannot be claimed in time closes the connection with 4005, so
 * that the client tries another node, also when the directory does not answer at all: a call whose owner is frozen takes several times as
 * long as a client may be kept waiting.
 */
final class HelloHandler {

    private static final Logger LOG = LoggerFactory.getLogger(HelloHandler.class);
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Session session;
    private final SessionRegistry.Surroundings node;
    private final long startedAt;
    private String outcome = "new";
    private List<RoomRequest> rooms = List.of();
    private Duration heartbeat;
    private @Nullable List<Joined> joined;
    private SessionDirectory.Claim.@Nullable Owned owned;
    private EventLoop.@Nullable Cancellation claimLimit;
    /** The connection is being closed instead of welcomed. */
    private boolean refused;

    HelloHandler(Session session, SessionRegistry.Surroundings node) {
        this.session = session;
        this.node = node;
        this.startedAt = node.ticker().millis();
        this.heartbeat = node.config().heartbeatInterval(0);
    }

    void handle(Hello hello) {
        session.credentials().authenticate(hello, result -> onAuthenticated(hello, result));
    }

    private void onAuthenticated(Hello hello, AsyncResult<AuthResult> result) {
        if (result.failed()) {
            LOG.debug("authentication is not available", result.cause());
            close("unavailable", CloseCode.OVERLOADED, node.admission().comeAgainMs());
        } else if (result.result() instanceof AuthResult.Accepted accepted) {
            open(hello, accepted.principal());
        } else if (result.result() instanceof AuthResult.Rejected rejected) {
            LOG.debug("token refused reason={}", rejected.reason());
            close("refused", CloseCode.UNAUTHENTICATED, 0);
        } else if (result.result() instanceof AuthResult.Revoked) {
            close("refused", CloseCode.REVOKED, 0);
        } else {
            close("refused", CloseCode.TOKEN_EXPIRED, 0);
        }
    }

    private void open(Hello hello, Principal principal) {
        SessionClaim claim = hello.session();
        SessionId id = null;
        long attempt = 0;
        if (claim != null) {
            SessionId claimed = new SessionId(claim.id());
            if (node.secrets().isValid(claimed, principal.user(), claim.secret())) {
                id = claimed;
                attempt = claim.attempt();
                outcome = "unknown";
            } else {
                outcome = "foreign";
            }
        }
        if (id == null) {
            id = SessionSecrets.newId(node.random());
        }
        session.identify(new Session.Identity(id, node.secrets().publisherOf(id), principal.user()));
        session.credentials().begin(principal);
        claimLimit = session.loop()
                .schedule(node.config().claimTimeout(), () -> close("unavailable", CloseCode.NO_QUORUM, 0));
        rooms = hello.rooms();
        heartbeat = node.config().heartbeatInterval(hello.heartbeatMs());
        session.connection().pingEvery(heartbeat);
        claim(attempt);
        joinAll();
    }

    private void joinAll() {
        session.memberships().joinAll(rooms, results -> {
            joined = results;
            welcomeWhenReady();
        });
    }

    /** The rooms were joined while nobody knew that this session did not keep up: they are joined again, with a cap. */
    private void joinAllAgain() {
        session.memberships().leaveAll();
        joined = null;
        joinAll();
    }

    private void claim(long attempt) {
        Session.Identity who = session.identity();
        node.directory()
                .claim(who.id(), who.user(), node.self(), session.connection().id(), attempt)
                .onComplete(result -> {
                    if (isOver()) {
                        return;
                    }
                    if (result.failed()) {
                        claimAgain(attempt, result.cause());
                    } else if (result.result() instanceof SessionDirectory.Claim.Owned mine) {
                        onOwned(mine);
                    } else {
                        endClaim();
                        node.metrics().onHello("taken-over", node.ticker().millis() - startedAt);
                        session.closeTakenOver("message");
                    }
                });
    }

    private void claimAgain(long attempt, Throwable cause) {
        LOG.debug("claim failed session={}", session.identity().id(), cause);
        session.loop().schedule(PAUSE, () -> {
            if (!isOver()) {
                claim(attempt);
            }
        });
    }

    private boolean isOver() {
        return refused || session.isClosed();
    }

    private void endClaim() {
        if (claimLimit != null) {
            claimLimit.cancel();
        }
    }

    private void onOwned(SessionDirectory.Claim.Owned mine) {
        endClaim();
        owned = mine;
        if (mine.resumed()) {
            outcome = "resumed";
        }
        mine.previous()
                .ifPresent(previous ->
                        node.directory().announceTakeover(session.identity().id(), previous, mine.generation()));
        session.own(mine.generation());
        session.remember(mine.slowCloses());
        if (mine.slowCloses() > 0) {
            joinAllAgain();
        } else {
            welcomeWhenReady();
        }
    }

    private void welcomeWhenReady() {
        if (owned == null || joined == null || isOver()) {
            return;
        }
        node.metrics().onHello(outcome, node.ticker().millis() - startedAt);
        session.reply(welcome(owned, List.copyOf(joined)));
        session.memberships().startAll();
        session.opened();
    }

    private Welcome welcome(SessionDirectory.Claim.Owned mine, List<Joined> rooms) {
        Session.Identity who = session.identity();
        SessionConfig config = node.config();
        return new Welcome(
                who.id().value(),
                node.secrets().secretOf(who.id(), who.user()),
                who.publisher(),
                mine.resumed(),
                config.window().toMillis(),
                config.node(),
                heartbeat.toMillis(),
                config.heartbeatTimeout().toMillis(),
                session.credentials().limits(),
                session.credentials().refreshAfterMs(),
                new ArrayList<>(rooms));
    }

    private void close(String how, CloseCode code, long retryAfterMs) {
        if (isOver()) {
            return;
        }
        refused = true;
        node.metrics().onHello(how, node.ticker().millis() - startedAt);
        session.connection().close(code, retryAfterMs);
    }
}
