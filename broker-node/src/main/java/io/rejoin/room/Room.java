package io.rejoin.room;

import io.rejoin.flow.EventLoop;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.flow.ReadBudget;
import io.rejoin.flow.Ticker;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One room as one node knows it: its appender, its tail, its members.
 *
 * <p>Threading: event loop of the room, unless a method says otherwise.
 */
final class Room {

    private static final int EPHEMERAL_WAITING = 64;
    private static final long INTEREST_FRESH_MS = 1_000;

    /** A client that comes back may find its own place taken by its last connection, which is on its way out. */
    private static final Duration PLACE_WAIT = Duration.ofMillis(500);

    /** What every room of a node shares. */
    record Surroundings(
            NodeId self,
            RoomLog log,
            Relay relay,
            PublicationEncoder encoder,
            Ticker ticker,
            RoomConfig config,
            NodeBudgets budgets,
            RoomMetrics metrics) {}

    private final RoomId id;
    private final Surroundings node;
    private final EventLoop loop;
    private final TailFollower follower;
    private final RoomAppender appender;
    private final RoomJoins joins;
    private final Map<EventLoop, MemberLoop> memberLoops = new HashMap<>();
    private final Map<Reading, List<Reader>> readers = new HashMap<>();
    private final List<Publication> ephemeralWaiting = new ArrayList<>();
    private long generation;
    private final int mostMembers;
    private int members;
    private long emptySinceTick;
    private Set<NodeId> interested = Set.of();
    private long interestedAtTick;
    private boolean interestedKnown;
    private boolean closed;

    /**
     * What is read: a cursor means the same only within one generation of the tail.
     *
     * @param roundEnd the newest value per key is read up to there; {@code null} for everything up to the head
     */
    record Reading(
            Position cursor, long generation, @Nullable Position roundEnd) {}

    private record Reader(EventLoop loop, Consumer<CatchUp> then) {}

    /** Where a member starts, and its membership when it was admitted. */
    record Joined(JoinedResult result, @Nullable Membership membership) {}

    Room(RoomId id, Surroundings node, EventLoop loop) {
        this.id = id;
        this.node = node;
        this.loop = loop;
        this.mostMembers = node.config().policies().of(id).members();
        this.emptySinceTick = node.ticker().millis();
        this.follower = new TailFollower(
                id, node.self(), node.log(), loop, node.config(), node.metrics(), node.encoder(), new TailListener());
        follower.tail().countIn(node.budgets().tails());
        this.appender = new RoomAppender(
                id,
                node.log(),
                loop,
                node.ticker(),
                node.config(),
                node.metrics(),
                node.budgets().appends(),
                this::onSettled);
        this.joins = new RoomJoins(id, node, loop, follower);
    }

    /** The room's name. Thread-safe. */
    RoomId id() {
        return id;
    }

    /** Whether nobody needs the room on this node any more. */
    boolean isUnused() {
        // One that has neither tail nor interest has nothing to keep beyond what waits for a place.
        Duration linger = isRegistered() ? node.config().linger() : PLACE_WAIT.multipliedBy(2);
        boolean lingered = node.ticker().millis() - emptySinceTick > linger.toMillis();
        return members == 0 && appender.isIdle() && readers.isEmpty() && lingered;
    }

    /** Whether the node has told the log that it is interested. */
    boolean isRegistered() {
        return follower.isOpen();
    }

    void close() {
        closed = true;
        appender.dropAll();
        retire();
    }

    /** The node forgets the room. */
    void retire() {
        follower.tail().countOut();
    }

    Future<DraftOutcome> publish(Draft draft) {
        return appender.offer(draft);
    }

    /** Finds where a member starts and adds it on its own loop; {@code then} runs there. */
    void join(JoinQuery query, boolean latest, Member member, EventLoop memberLoop, Consumer<Joined> then) {
        if (!isFull()) {
            admit(query, latest, member, memberLoop, then);
            return;
        }
        loop.schedule(PLACE_WAIT, () -> {
            if (isFull() && !closed) {
                node.metrics().onJoin("failed");
                memberLoop.execute(() -> then.accept(new Joined(fullFailure(), null)));
            } else {
                admit(query, latest, member, memberLoop, then);
            }
        });
    }

    private boolean isFull() {
        return mostMembers > 0 && members >= mostMembers;
    }

    private JoinedResult fullFailure() {
        return new JoinedResult.Failed(
                ErrorCode.ROOM_LIMIT, "members=" + mostMembers + " of the room on this node is the limit", 0);
    }

    private void admit(JoinQuery query, boolean latest, Member member, EventLoop memberLoop, Consumer<Joined> then) {
        members++;
        joins.start(query, result -> {
            if (result instanceof JoinedResult.Failed || closed) {
                JoinedResult failed = result instanceof JoinedResult.Failed ? result : RoomRegistry.closedFailure();
                onMemberGone();
                memberLoop.execute(() -> then.accept(new Joined(failed, null)));
                return;
            }
            MemberLoop home = memberLoops.computeIfAbsent(memberLoop, this::newMemberLoop);
            Position start = startOf(result);
            memberLoop.execute(() -> then.accept(new Joined(result, home.add(member, start, latest))));
        });
    }

    private MemberLoop newMemberLoop(EventLoop memberLoop) {
        return new MemberLoop(this, node, follower.tail(), memberLoop, generation);
    }

    static Position startOf(JoinedResult result) {
        if (result instanceof JoinedResult.Live live) {
            return live.position();
        }
        if (result instanceof JoinedResult.Resumed resumed) {
            return resumed.position();
        }
        if (result instanceof JoinedResult.Gapped gapped) {
            return gapped.position();
        }
        throw new IllegalArgumentException("result=" + result + " (expected: one that starts)");
    }

    /** A membership ended. Thread-safe. */
    void onMemberLeft() {
        loop.execute(this::onMemberGone);
    }

    private void onMemberGone() {
        members--;
        emptySinceTick = node.ticker().millis();
    }

    void onBatch(RelayBatch batch) {
        follower.onBatch(batch);
    }

    void onDoorbell(Position head) {
        follower.onDoorbell(head);
    }

    /** Takes the hint that a renewal found. */
    void onHint(Position head) {
        follower.onHint(head);
    }

    void onEphemeral(Publication publication) {
        EncodedFrame frame = node.encoder().encodeEphemeral(id, publication);
        for (MemberLoop home : memberLoops.values()) {
            home.offerEphemeral(frame);
        }
    }

    void publishEphemeral(Publication publication) {
        if (interestedKnown && node.ticker().millis() - interestedAtTick < INTEREST_FRESH_MS) {
            node.relay().relayEphemeral(id, publication, interested);
            return;
        }
        if (ephemeralWaiting.size() >= EPHEMERAL_WAITING) {
            node.metrics().onEphemeralUnsent("interest", 1);
            return;
        }
        ephemeralWaiting.add(publication);
        if (ephemeralWaiting.size() == 1) {
            node.log().interested(id).onComplete(result -> {
                if (result.succeeded()) {
                    learnInterest(result.result());
                    ephemeralWaiting.forEach(waiting -> node.relay().relayEphemeral(id, waiting, interested));
                } else {
                    node.metrics().onEphemeralUnsent("interest", ephemeralWaiting.size());
                }
                ephemeralWaiting.clear();
            });
        }
    }

    private void learnInterest(Set<NodeId> nodes) {
        interested = nodes;
        interestedKnown = true;
        interestedAtTick = node.ticker().millis();
    }

    private void onSettled(List<Draft> batch, AppendResult.Settled settled, boolean retried) {
        learnInterest(settled.interested());
        if (settled.interested().isEmpty()) {
            return;
        }
        List<Publication> publications = taken(batch, settled);
        if (!publications.isEmpty()) {
            node.relay().relay(new RelayBatch(id, settled.before(), publications), settled.interested());
        } else if (retried) {
            // An earlier try was applied and its answer lost: nobody has relayed it.
            node.relay().ring(id, settled.before(), settled.interested());
        }
    }

    private static List<Publication> taken(List<Draft> batch, AppendResult.Settled settled) {
        List<Publication> publications = new ArrayList<>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            Draft draft = batch.get(i);
            if (draft.data() != null
                    && settled.outcomes().get(i) instanceof DraftOutcome.Applied applied
                    && applied.position() != null) {
                publications.add(new Publication(
                        applied.position().offset(),
                        settled.epoch(),
                        settled.timeMs(),
                        draft.data(),
                        draft.key(),
                        draft.user(),
                        draft.publisher(),
                        draft.number()));
            }
        }
        return publications;
    }

    /**
     * Reads what follows a cursor that fell behind the tail; the same reads of one room are one. Thread-safe.
     *
     * @param reader where {@code then} runs
     */
    void readAfter(Reading reading, EventLoop reader, Consumer<CatchUp> then) {
        loop.execute(() -> {
            List<Reader> waiting = readers.get(reading);
            if (waiting != null) {
                waiting.add(new Reader(reader, then));
                return;
            }
            waiting = new ArrayList<>();
            waiting.add(new Reader(reader, then));
            readers.put(reading, waiting);
            read(reading);
        });
    }

    private void read(Reading reading) {
        node.budgets().reads().take(loop, permit -> {
            if (closed) {
                permit.giveBack(0);
                answer(reading, new CatchUp.Nothing());
            } else {
                read(reading, permit);
            }
        });
    }

    private void read(Reading reading, ReadBudget.Permit permit) {
        Position cursor = reading.cursor();
        Position roundEnd = reading.roundEnd();
        boolean latest = roundEnd != null;
        Position upTo = roundEnd != null ? roundEnd : follower.tail().head();
        node.log().fill(id, cursor, upTo, node.config().pageBytes(), latest).onComplete(result -> {
            permit.giveBack(result.succeeded() ? weight(result.result()) : 0);
            if (result.failed()) {
                answerLater(reading);
            } else if (result.result().isPresent() && !result.result().get().isEmpty()) {
                List<Publication> page = result.result().get();
                node.metrics().onCatchUp(page.size());
                node.metrics().onEncode(page.size());
                List<EncodedFrame> frames = node.encoder().encode(id, cursor, page);
                Position end = page.get(page.size() - 1).position();
                long conflated = end.offset() - cursor.offset() - page.size();
                answer(reading, new CatchUp.Page(frames, page.size(), conflated, end));
            } else {
                ask(reading);
            }
        });
    }

    private static long weight(Optional<List<Publication>> page) {
        return page.orElse(List.of()).stream().mapToLong(Publication::weight).sum();
    }

    private void ask(Reading reading) {
        node.log()
                .join(id, node.self(), List.of(new JoinQuery(reading.cursor(), 0)))
                .onComplete(result -> {
                    if (result.failed()) {
                        answerLater(reading);
                    } else {
                        onAsked(reading, result.result());
                    }
                });
    }

    private void onAsked(Reading reading, JoinView view) {
        follower.onHead(view.head());
        // A gap is handed out only while the tail agrees with the log that told it: else the member would go on, in
        // the new history, with frames of the old one. The follower repairs or replaces the tail; the member asks
        // again.
        if (view.starts().get(0) instanceof JoinedResult.Gapped gapped && follower.hasReached(view.head())) {
            answer(reading, new CatchUp.Missing(gapped.gap(), gapped.position()));
        } else {
            answerLater(reading);
        }
    }

    private void answerLater(Reading reading) {
        loop.schedule(node.config().earlyWait(), () -> answer(reading, new CatchUp.Nothing()));
    }

    private void answer(Reading reading, CatchUp caughtUp) {
        List<Reader> waiting = readers.remove(reading);
        if (waiting != null) {
            for (Reader reader : waiting) {
                reader.loop().execute(() -> reader.then().accept(caughtUp));
            }
        }
    }

    private final class TailListener implements TailFollower.Listener {

        @Override
        public void onAdvanced() {
            memberLoops.values().forEach(MemberLoop::wake);
            joins.onAdvanced();
        }

        @Override
        public void onReplaced(long newGeneration, long common, JoinedResult.Gapped gap) {
            generation = newGeneration;
            for (MemberLoop home : memberLoops.values()) {
                home.loop().execute(() -> home.replaced(newGeneration, common, gap));
            }
        }
    }
}
