package io.rejoin.cluster;

import io.rejoin.room.Publication;
import io.rejoin.room.Relay;
import io.rejoin.room.RelayBatch;
import io.rejoin.room.RoomBinary;
import io.rejoin.room.RoomMetrics;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages between nodes: one event-bus address per incarnation of a node, one message per node and batch.
 *
 * <p>The event bus has no backpressure, so bytes in flight per node are counted: a batch counts until the receiver has answered it.
 * Beyond the bound only "the room is at this position" is sent and the receiver reads the log; beyond twice the bound nothing, and
 * the receiver's next renewal finds out.
 *
 * <p>Threading: thread-safe. Ordering: batches of one room are sent from one event loop and arrive in that order, unless a connection
 * was lost in between. Failure: every message may be lost.
 */
public final class NodeBus implements Relay {

    private static final Logger LOG = LoggerFactory.getLogger(NodeBus.class);
    private static final String ADDRESS = "rejoin.node.";
    private static final byte VERSION = 1;
    private static final byte BATCH = 1;
    private static final byte BELL = 2;
    private static final byte EPHEMERAL = 3;
    private static final byte TAKEOVER = 4;
    private static final Buffer RECEIVED = Buffer.buffer(new byte[] {VERSION});
    private static final int REGISTER_ATTEMPTS = 30;
    private static final long REGISTER_PAUSE_MS = 500;
    private static final DeliveryOptions OPTIONS = new DeliveryOptions().setSendTimeout(5_000);

    private final Vertx vertx;
    private final NodeId self;
    private final long maxInFlight;
    private final Predicate<NodeId> isMember;
    private final RoomMetrics metrics;
    private final Map<NodeId, AtomicLong> inFlight = new ConcurrentHashMap<>();
    private volatile @Nullable Receiver receiver;
    private @Nullable MessageConsumer<Buffer> consumer;

    /** Takes what other nodes, and this one, sent. Called on any event loop. */
    public interface Receiver {

        /** A batch that a room took. */
        void onBatch(RelayBatch batch);

        /** A room's log reached a position. */
        void onBell(RoomId room, Position head);

        /** An ephemeral publication. */
        void onEphemeral(RoomId room, Publication publication);

        /** A newer connection owns a session. */
        void onTakeover(SessionId session, long newGeneration);
    }

    /**
     * Creates a bus that is not listening yet.
     *
     * @param self this node's incarnation
     * @param maxInFlight most bytes in flight per node
     * @param isMember whether a node is in the cluster now; others get nothing
     * @param metrics told of what is not sent and never found out about
     */
    public NodeBus(Vertx vertx, NodeId self, long maxInFlight, Predicate<NodeId> isMember, RoomMetrics metrics) {
        this.vertx = vertx;
        this.self = self;
        this.maxInFlight = maxInFlight;
        this.isMember = isMember;
        this.metrics = metrics;
    }

    /**
     * Begins to listen; succeeds when this node's address is registered. A cluster that is rearranging itself may not take the
     * registration at once, so it is tried again for a while.
     */
    public Future<Void> start(Receiver taker) {
        return start(taker, REGISTER_ATTEMPTS);
    }

    private Future<Void> start(Receiver taker, int attempts) {
        return register(taker).recover(refused -> {
            if (attempts == 1 || !ClusterRuntime.isPassing(refused)) {
                return Future.failedFuture(refused);
            }
            LOG.debug("address was not registered; trying again", refused);
            return stop().transform(stopped -> vertx.timer(REGISTER_PAUSE_MS, TimeUnit.MILLISECONDS))
                    .compose(waited -> start(taker, attempts - 1));
        });
    }

    private Future<Void> register(Receiver taker) {
        receiver = taker;
        consumer = vertx.eventBus().<Buffer>consumer(ADDRESS + self, this::onMessage);
        return consumer.completion();
    }

    /** Stops listening. */
    public Future<Void> stop() {
        receiver = null;
        return consumer == null ? Future.succeededFuture() : consumer.unregister();
    }

    @Override
    public void relay(RelayBatch batch, Set<NodeId> nodes) {
        Buffer message = null;
        for (NodeId node : nodes) {
            if (node.equals(self)) {
                tellSelf(taker -> taker.onBatch(batch));
            } else if (isMember.test(node)) {
                message = message != null ? message : encode(BATCH, out -> RoomBinary.write(out, batch));
                sendBatch(node, batch, message);
            }
        }
    }

    private void sendBatch(NodeId node, RelayBatch batch, Buffer message) {
        AtomicLong bytes = inFlight.computeIfAbsent(node, missing -> new AtomicLong());
        if (bytes.get() + message.length() > maxInFlight) {
            sendBell(node, batch.room(), batch.last());
            return;
        }
        request(node, bytes, message);
    }

    private void sendBell(NodeId node, RoomId room, Position head) {
        AtomicLong bytes = inFlight.computeIfAbsent(node, missing -> new AtomicLong());
        if (bytes.get() <= 2 * maxInFlight) {
            request(node, bytes, encode(BELL, out -> {
                out.writeUTF(room.name());
                RoomBinary.write(out, head);
            }));
        }
    }

    private void request(NodeId node, AtomicLong bytes, Buffer message) {
        int size = message.length();
        bytes.addAndGet(size);
        vertx.eventBus().<Buffer>request(ADDRESS + node, message, OPTIONS).onComplete(received -> {
            bytes.addAndGet(-size);
            if (received.failed()) {
                LOG.debug("relay was not answered node={}", node, received.cause());
            }
        });
    }

    @Override
    public void ring(RoomId room, Position head, Set<NodeId> nodes) {
        for (NodeId node : nodes) {
            if (node.equals(self)) {
                tellSelf(taker -> taker.onBell(room, head));
            } else if (isMember.test(node)) {
                sendBell(node, room, head);
            }
        }
    }

    @Override
    public void relayEphemeral(RoomId room, Publication publication, Set<NodeId> nodes) {
        Buffer message = null;
        for (NodeId node : nodes) {
            if (node.equals(self)) {
                tellSelf(taker -> taker.onEphemeral(room, publication));
            } else if (isMember.test(node)) {
                message = message != null
                        ? message
                        : encode(EPHEMERAL, out -> {
                            out.writeUTF(room.name());
                            RoomBinary.write(out, publication);
                        });
                AtomicLong bytes = inFlight.computeIfAbsent(node, missing -> new AtomicLong());
                if (bytes.get() + message.length() <= maxInFlight) {
                    request(node, bytes, message);
                } else {
                    metrics.onEphemeralUnsent("peer", 1);
                }
            }
        }
    }

    /** Tells a node that a newer connection owns a session. */
    void sendTakeover(SessionId session, NodeId node, long newGeneration) {
        if (node.equals(self)) {
            tellSelf(taker -> taker.onTakeover(session, newGeneration));
        } else if (isMember.test(node)) {
            vertx.eventBus().send(ADDRESS + node, encode(TAKEOVER, out -> {
                out.writeUTF(session.value());
                out.writeLong(newGeneration);
            }));
        }
    }

    /** Forgets what was in flight to a node that left. */
    public void forget(NodeId node) {
        inFlight.remove(node);
    }

    /** Bytes that a node has not answered yet. */
    long inFlightBytes(NodeId node) {
        AtomicLong bytes = inFlight.get(node);
        return bytes == null ? 0 : bytes.get();
    }

    private void tellSelf(java.util.function.Consumer<Receiver> word) {
        Receiver taker = receiver;
        if (taker != null) {
            word.accept(taker);
        }
    }

    private void onMessage(Message<Buffer> message) {
        Receiver taker = receiver;
        if (taker != null) {
            try {
                dispatch(taker, message.body());
            } catch (IOException | IllegalArgumentException broken) {
                LOG.error(
                        "message from another node cannot be read bytes={}",
                        message.body().length(),
                        broken);
            }
        }
        if (message.replyAddress() != null) {
            message.reply(RECEIVED);
        }
    }

    private static void dispatch(Receiver taker, Buffer body) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(body.getBytes()));
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("version=" + version + " (expected: " + VERSION + ")");
        }
        byte kind = in.readByte();
        switch (kind) {
            case BATCH -> taker.onBatch(RoomBinary.readRelayBatch(in));
            case BELL -> taker.onBell(new RoomId(in.readUTF()), RoomBinary.readPosition(in));
            case EPHEMERAL -> taker.onEphemeral(new RoomId(in.readUTF()), RoomBinary.readPublication(in));
            case TAKEOVER -> taker.onTakeover(new SessionId(in.readUTF()), in.readLong());
            default -> throw new IOException("kind=" + kind + " (expected: 1..4)");
        }
    }

    /** Writes the body of a message. */
    @FunctionalInterface
    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private static Buffer encode(byte kind, Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(VERSION);
            out.writeByte(kind);
            body.write(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return Buffer.buffer(bytes.toByteArray());
    }
}
