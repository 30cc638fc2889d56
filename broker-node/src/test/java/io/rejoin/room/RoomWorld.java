package io.rejoin.room;

import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.Payload;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.RecordingRelay;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A cluster in the test's hands: nodes with rooms over one log, and a witness of everything that the log ever took.
 *
 * <p>Threading: that of the test.
 */
final class RoomWorld {

    static final RoomId ROOM = new RoomId("lobby");

    /** Small bounds, so that everything that may run over does. */
    static final LogLimits LIMITS = new LogLimits(24, 1 << 20, 3_600_000, 16, 16 << 10, 16, 240_000, 10_000, 600_000);

    static final RoomConfig CONFIG = config(8, 400, 500);

    final ManualScheduler scheduler = new ManualScheduler();
    final InMemoryRoomLog log = new InMemoryRoomLog(LIMITS, scheduler::millis);
    final RecordingRelay relay = new RecordingRelay();
    final List<Node> nodes = new ArrayList<>();
    /** Members that made no progress, by what became of them. */
    final List<String> slowConsumers = new ArrayList<>();
    /** Ephemeral publications that were sent to nobody. */
    long unsent;

    private final RoomMetrics metrics = new RoomMetrics() {
        @Override
        public void onEphemeralUnsent(String why, long count) {
            unsent += count;
        }

        @Override
        public void onSlowConsumer(String action) {
            slowConsumers.add(action);
        }
    };
    private final RoomConfig config;
    private final FrameCodec codec;
    private final NodeBudgets.Limits budgets;
    private final RoomLog witnessed = new WitnessedLog(log, this::witness);
    private boolean lossy;
    private long incarnations;
    private final Map<Position, String> ever = new HashMap<>();
    private final Map<Position, String> keys = new HashMap<>();
    private NavigableMap<Long, Position> history = new TreeMap<>();

    /** One node. */
    static final class Node {
        final NodeId id;
        final List<ManualScheduler.Loop> loops;
        final ScriptedRoomLog log;
        final RoomRegistry rooms;

        Node(NodeId id, List<ManualScheduler.Loop> loops, ScriptedRoomLog log, RoomRegistry rooms) {
            this.id = id;
            this.loops = loops;
            this.log = log;
            this.rooms = rooms;
        }
    }

    /** What the log was at some time. */
    static final class Snapshot {
        private final byte[] record;
        private final NavigableMap<Long, Position> history;

        private Snapshot(byte[] record, NavigableMap<Long, Position> history) {
            this.record = record;
            this.history = history;
        }
    }

    RoomWorld() {
        this(CONFIG);
    }

    RoomWorld(RoomConfig config) {
        this(config, new JsonFrameCodec());
    }

    RoomWorld(RoomConfig config, FrameCodec codec) {
        this(config, codec, NodeBudgets.Limits.USUAL);
    }

    RoomWorld(RoomConfig config, FrameCodec codec, NodeBudgets.Limits budgets) {
        this.config = config;
        this.codec = codec;
        this.budgets = budgets;
    }

    /** What holds for the room: small times, so that they pass. */
    static RoomPolicy policy(RoomClass roomClass, SlowConsumerAction action, Duration interval) {
        RoomPolicy usual = RoomPolicy.withLog(LIMITS);
        return new RoomPolicy(
                roomClass,
                usual.historyCount(),
                usual.historyBytes(),
                usual.historyAge(),
                usual.members(),
                usual.publishers(),
                usual.publishRate(),
                usual.publishRight(),
                Duration.ofMillis(300),
                action,
                interval,
                usual.presence());
    }

    static RoomConfig config(int tailFrames, int passBytes, int pageBytes) {
        return config(LIMITS, tailFrames, passBytes, pageBytes);
    }

    static RoomConfig config(LogLimits limits, int tailFrames, int passBytes, int pageBytes) {
        RoomConfig usual = RoomConfig.withLog(limits);
        return new RoomConfig(
                limits,
                tailFrames,
                usual.tailBytes(),
                usual.publicationBytes(),
                4,
                usual.batchBytes(),
                64,
                usual.queueBytes(),
                pageBytes,
                passBytes,
                1_500,
                usual.earlyWait(),
                usual.publishTimeout(),
                usual.joinTimeout(),
                usual.renewInterval(),
                usual.linger(),
                usual.policies());
    }

    Node addNode(int loops) {
        List<ManualScheduler.Loop> own = new ArrayList<>();
        for (int i = 0; i < loops; i++) {
            own.add(scheduler.newLoop());
        }
        NodeId id = new NodeId(new UUID(7, ++incarnations));
        ScriptedRoomLog scripted = new ScriptedRoomLog(witnessed, scheduler);
        RoomRegistry rooms = new RoomRegistry(
                id,
                own,
                scripted,
                relay,
                new PublicationEncoder(codec, scheduler),
                scheduler,
                scheduler,
                config,
                NodeBudgets.within(budgets, scheduler),
                metrics);
        relay.connect(id, rooms);
        Node node = new Node(id, own, scripted, rooms);
        nodes.add(node);
        rooms.start();
        return node;
    }

    private void witness(Position position, Draft draft) {
        String text = new String(draft.data().json(), StandardCharsets.UTF_8);
        String earlier = ever.put(position, text);
        if (earlier != null) {
            throw new AssertionError(position + " was given to " + earlier + " and to " + text);
        }
        if (position.offset() != head() + 1) {
            throw new AssertionError(position + " does not follow " + head());
        }
        history.put(position.offset(), position);
        if (draft.key() != null) {
            keys.put(position, draft.key());
        }
    }

    /** What the log ever took at a position, dead histories included. */
    String everAt(Position position) {
        return ever.get(position);
    }

    /** Whether the log has a newer value of the key that it took at an offset. */
    boolean isSuperseded(long offset) {
        String key = keys.get(history.get(offset));
        return key != null
                && history.tailMap(offset, false).values().stream().anyMatch(later -> key.equals(keys.get(later)));
    }

    /** The history that the log has now, everything that was trimmed included. */
    NavigableMap<Long, Position> history() {
        return history;
    }

    long head() {
        return history.isEmpty() ? 0 : history.lastKey();
    }

    /** Whether the room conflates for all its members. */
    boolean conflates() {
        return config.policies().of(ROOM).roomClass() == RoomClass.CONFLATED;
    }

    /** Whether the log ever lost what it had acknowledged. */
    boolean hasLost() {
        return lossy;
    }

    /** Lets the log take a publication that no node hears of. */
    void append(Draft draft) {
        witnessed.append(ROOM, List.of(draft));
    }

    Snapshot snapshot() {
        return new Snapshot(log.snapshot(ROOM), new TreeMap<>(history));
    }

    /** Loses everything after the snapshot. */
    void restore(Snapshot snapshot) {
        lossy = true;
        log.restore(ROOM, snapshot.record);
        history = new TreeMap<>(snapshot.history);
    }

    /** Loses everything. */
    void lose() {
        lossy = true;
        log.lose(ROOM);
        log.changeOwner();
        history = new TreeMap<>();
    }

    static Draft draft(String session, long number, long first) {
        return draft(session, number, first, null);
    }

    static Draft draft(String session, long number, long first, String key) {
        return new Draft(
                new SessionId(session),
                new PublisherId("p-" + session),
                new UserId("u-" + session),
                number,
                first,
                Payload.ofJson("\"" + session + ":" + number + "\""),
                key);
    }
}
