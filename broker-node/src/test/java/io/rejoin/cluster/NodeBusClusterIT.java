package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.Payload;
import io.rejoin.room.Publication;
import io.rejoin.room.RelayBatch;
import io.rejoin.room.RoomMetrics;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.Message;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class NodeBusClusterIT extends LogTest {

    private static final RoomId ROOM = new RoomId("room");
    private static final Epoch EPOCH = new Epoch(7);
    /** Version, kind, an empty session and generation 0. */
    private static final Buffer TAKEOVER_OF_NOBODY = Buffer.buffer(new byte[] {1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});

    private static final byte BATCH = 1;
    private static final byte BELL = 2;

    private static TestMembers members;
    private static Vertx here;
    private static Vertx there;

    private final NodeId self = new NodeId(UUID.randomUUID());
    private final NodeId peer = new NodeId(UUID.randomUUID());
    private final List<String> unsent = new CopyOnWriteArrayList<>();
    private final RoomMetrics counted = new RoomMetrics() {
        @Override
        public void onEphemeralUnsent(String why, long count) {
            unsent.add(why + " " + count);
        }
    };

    /** Keeps what it was told, as text. */
    private static final class Told implements NodeBus.Receiver {

        private final Queue<String> words = new ConcurrentLinkedQueue<>();

        @Override
        public void onBatch(RelayBatch batch) {
            words.add("batch " + batch.room() + " " + batch.before() + " " + batch.publications());
        }

        @Override
        public void onBell(RoomId room, Position head) {
            words.add("bell " + room + " " + head);
        }

        @Override
        public void onEphemeral(RoomId room, Publication publication) {
            words.add("ephemeral " + room + " " + publication);
        }

        @Override
        public void onTakeover(SessionId session, long newGeneration) {
            words.add("takeover " + session + " " + newGeneration);
        }
    }

    @BeforeAll
    static void startNodes() {
        members = TestMembers.start(2, RoomLogContract.LIMITS);
        here = await(ClusterRuntime.startVertx(members.member(0), members.config(0), 2));
        there = await(ClusterRuntime.startVertx(members.member(1), members.config(1), 2));
    }

    @AfterAll
    static void stopNodes() {
        await(here.close());
        await(there.close());
        members.close();
    }

    private static Publication publication(long offset, String json) {
        return new Publication(offset, EPOCH, 1, Payload.ofJson(json), null, null, null, offset);
    }

    private static RelayBatch batch(long offset) {
        return new RelayBatch(
                ROOM, new Position(EPOCH, offset - 1), List.of(publication(offset, "\"" + "x".repeat(1_000) + "\"")));
    }

    private NodeBus bus(long maxInFlight) {
        return new NodeBus(here, self, maxInFlight, node -> true, counted);
    }

    /** Registered addresses reach other nodes a moment later. */
    private void awaitReachable(NodeId node, Buffer message) {
        AtomicReference<Future<Message<Buffer>>> tried = new AtomicReference<>(send(node, message));
        Await.until(
                () -> {
                    if (tried.get().failed()) {
                        tried.set(send(node, message));
                    }
                    return tried.get().succeeded();
                },
                () -> "node is not reached: " + tried.get().cause());
    }

    private static Future<Message<Buffer>> send(NodeId node, Buffer message) {
        return here.eventBus().request("rejoin.node." + node, message);
    }

    private static void awaitWords(Told told, int count) {
        Await.until(() -> told.words.size() == count, () -> "words=" + told.words);
    }

    /** A receiver that answers when it is told to. */
    private final class SilentPeer {

        private final Queue<Message<Buffer>> received = new ConcurrentLinkedQueue<>();

        SilentPeer() {
            await(there.eventBus()
                    .<Buffer>consumer("rejoin.node." + peer, message -> {
                        if (message.body().length() == 0) {
                            message.reply(Buffer.buffer());
                        } else {
                            received.add(message);
                        }
                    })
                    .completion());
            awaitReachable(peer, Buffer.buffer());
        }

        List<Byte> kinds() {
            return received.stream().map(message -> message.body().getByte(1)).toList();
        }

        void awaitReceived(int count) {
            Await.until(() -> received.size() == count, () -> "kinds=" + kinds());
        }
    }

    private Told startPeer() {
        Told told = new Told();
        await(new NodeBus(there, peer, 1 << 20, node -> true, RoomMetrics.NONE).start(told));
        awaitReachable(peer, TAKEOVER_OF_NOBODY);
        told.words.clear();
        return told;
    }

    @Test
    void carriesEveryKindOfWordToAnotherNode() {
        Told told = startPeer();
        NodeBus bus = bus(1 << 20);
        Publication ephemeral = new Publication(0, EPOCH, 5, Payload.ofJson("{}"), "k", null, null, 0);

        bus.relay(batch(1), Set.of(peer));
        bus.ring(ROOM, new Position(EPOCH, 9), Set.of(peer));
        bus.relayEphemeral(ROOM, ephemeral, Set.of(peer));
        bus.sendTakeover(new SessionId("s"), peer, 4);
        awaitWords(told, 4);

        Told expected = new Told();
        expected.onBatch(batch(1));
        expected.onBell(ROOM, new Position(EPOCH, 9));
        expected.onEphemeral(ROOM, ephemeral);
        expected.onTakeover(new SessionId("s"), 4);
        assertThat(told.words).containsExactlyElementsOf(expected.words);
    }

    @Test
    void tellsItsOwnNodeWithoutTheBus() {
        Told told = new Told();
        NodeBus bus = bus(1);
        await(bus.start(told));

        bus.relay(batch(1), Set.of(self));
        bus.sendTakeover(new SessionId("s"), self, 4);
        List<String> atOnce = List.copyOf(told.words);
        await(bus.stop());
        bus.relay(batch(2), Set.of(self));

        assertThat(atOnce).hasSize(2);
        assertThat(told.words).hasSize(2);
    }

    @Test
    void ringsTheBellBeyondItsBoundAndFallsSilentBeyondTwiceTheBound() {
        SilentPeer silent = new SilentPeer();
        NodeBus bus = bus(1_200);

        bus.relay(batch(1), Set.of(peer));
        for (int more = 0; more < 100; more++) {
            bus.relay(batch(2), Set.of(peer));
        }
        long full = bus.inFlightBytes(peer);
        bus.relayEphemeral(ROOM, publication(0, "1"), Set.of(peer));
        silent.received.forEach(message -> message.reply(Buffer.buffer()));
        Await.until(
                () -> {
                    silent.received.forEach(message -> message.reply(Buffer.buffer()));
                    return bus.inFlightBytes(peer) == 0;
                },
                () -> "bytes=" + bus.inFlightBytes(peer));
        int sent = silent.received.size();
        bus.relay(batch(3), Set.of(peer));
        silent.awaitReceived(sent + 1);

        assertThat(full).isBetween(2_401L, 2_500L);
        assertThat(silent.kinds().get(0)).isEqualTo(BATCH);
        assertThat(silent.kinds().subList(1, sent)).containsOnly(BELL);
        assertThat(sent).isBetween(10, 99);
        assertThat(silent.kinds().get(sent)).isEqualTo(BATCH);
        assertThat(unsent).containsExactly("peer 1");
    }

    @Test
    void countsNothingAsInFlightToAPeerThatDied() {
        SilentPeer silent = new SilentPeer();
        NodeBus bus = bus(1 << 20);
        NodeId nowhere = new NodeId(UUID.randomUUID());

        bus.relay(batch(1), Set.of(peer, nowhere));
        silent.awaitReceived(1);

        Await.until(() -> bus.inFlightBytes(nowhere) == 0, () -> "bytes=" + bus.inFlightBytes(nowhere));
        Await.until(() -> bus.inFlightBytes(peer) == 0, () -> "bytes=" + bus.inFlightBytes(peer));
    }

    @Test
    void sendsNothingToWhoIsNoMember() {
        Told told = startPeer();
        NodeBus bus = new NodeBus(here, self, 1 << 20, node -> false, counted);

        bus.relay(batch(1), Set.of(peer));
        bus.ring(ROOM, new Position(EPOCH, 1), Set.of(peer));
        bus.relayEphemeral(ROOM, publication(0, "1"), Set.of(peer));
        bus.sendTakeover(new SessionId("s"), peer, 4);
        bus(1 << 20).relay(batch(2), Set.of(peer));
        awaitWords(told, 1);

        assertThat(told.words.peek()).startsWith("batch");
        assertThat(bus.inFlightBytes(peer)).isZero();
        assertThat(unsent).isEmpty();
    }

    /** Of another version, of no kind, empty, cut short, an empty room, a count below 0. */
    @ParameterizedTest
    @ValueSource(strings = {"02010000", "0163", "", "01", "0102000472", "01020000", "010100017200ffffffff"})
    void answersWhatItCannotReadAndGoesOn(String hex) {
        Told told = startPeer();

        await(send(peer, Buffer.buffer(HexFormat.of().parseHex(hex))));
        bus(1 << 20).relay(batch(1), Set.of(peer));

        awaitWords(told, 1);
    }
}
