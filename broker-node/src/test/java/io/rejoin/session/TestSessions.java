package io.rejoin.session;

import io.rejoin.flow.Admission;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.Limits;
import io.rejoin.room.PublicationEncoder;
import io.rejoin.room.RoomConfig;
import io.rejoin.room.RoomLog;
import io.rejoin.room.RoomMetrics;
import io.rejoin.room.RoomRegistry;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.RecordingRelay;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sessions of a node of its own, over rooms on the test's scheduler.
 *
 * <p>Threading: that of the test.
 */
final class TestSessions {

    static final Duration CLAIM_TIMEOUT = Duration.ofSeconds(5);

    private TestSessions() {}

    /** Gives every session to whoever asks. */
    static class EverybodysDirectory implements SessionDirectory {

        @Override
        public Future<Claim> claim(
                SessionId session, @Nullable UserId user, NodeId node, long connection, long attempt) {
            return Future.succeededFuture(new Claim.Owned(Math.max(1, attempt), false, Optional.empty(), 0));
        }

        @Override
        public Future<Claim> touch(SessionId session, @Nullable UserId user, Holder holder) {
            return Future.succeededFuture(new Claim.Owned(holder.generation(), true, Optional.empty(), 0));
        }

        @Override
        public Future<Void> noteSlow(SessionId session, Holder holder) {
            throw new AssertionError("nobody is slow here");
        }

        @Override
        public Future<Void> end(SessionId session, Holder holder) {
            return Future.succeededFuture();
        }

        @Override
        public void announceTakeover(SessionId session, Holder previous, long newGeneration) {
            throw new AssertionError("nobody held " + session + " before");
        }
    }

    static SessionConfig config(Limits limits, InboundLimits inbound, Duration maxLifetime) {
        return new SessionConfig(
                "n",
                Duration.ofSeconds(120),
                Duration.ofSeconds(10),
                CLAIM_TIMEOUT,
                Duration.ofSeconds(20),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60),
                limits,
                inbound,
                2_048,
                Duration.ofSeconds(5),
                4,
                maxLifetime);
    }

    static SessionRegistry over(
            ManualScheduler scheduler,
            RoomLog log,
            RoomConfig roomConfig,
            SessionConfig config,
            Authentication authentication,
            SessionDirectory directory,
            Admission.Limits admission,
            SessionMetrics metrics) {
        NodeId self = new NodeId(new UUID(7, 1));
        JsonFrameCodec codec = new JsonFrameCodec();
        RecordingRelay relay = new RecordingRelay();
        RoomRegistry rooms = new RoomRegistry(
                self,
                List.of(scheduler.newLoop()),
                log,
                relay,
                new PublicationEncoder(codec, scheduler),
                scheduler,
                scheduler,
                roomConfig,
                NodeBudgets.within(NodeBudgets.Limits.USUAL, scheduler),
                RoomMetrics.NONE);
        relay.connect(self, rooms);
        return new SessionRegistry(new SessionRegistry.Surroundings(
                self,
                config,
                codec,
                authentication,
                new SessionSecrets(List.of(new byte[16])),
                directory,
                rooms,
                new Admission(admission, scheduler, new Random(1)),
                scheduler,
                new Random(1),
                metrics));
    }
}
