package io.rejoin.room;

import io.rejoin.flow.Ticker;
import io.rejoin.protocol.CloseCode;
import io.rejoin.quorum.Election;
import io.rejoin.quorum.Voter;
import io.rejoin.session.SessionRegistry;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.value.NodeId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a node: a member of the simulated cluster with its own view of who is there and who holds what, its copies, and the
 * rooms and sessions of the real core above them.
 *
 * <p>Mirrors what Hazelcast keeps per member, {@code cluster.InSyncGate}, and what {@code Incarnation} makes of membership.
 */
final class SimulatedNode implements Ticker, InstantSource {

    private static final long LATE_NEWS_MS = 300;

    private final SimulatedCluster cluster;
    private final int place;
    private final int age;
    private final UUID id;
    private final long clockOffset;
    private final long patienceMs;
    private final ManualScheduler.Loop partitionLoop;
    private final ManualScheduler.Loop clusterLoop;
    private final List<ManualScheduler.Loop> eventLoops = new ArrayList<>();
    private final SimulatedStore[] stores = new SimulatedStore[SimulatedCluster.PARTITIONS];
    private final SimulatedStore[] staged = new SimulatedStore[SimulatedCluster.PARTITIONS];
    private final boolean[] migrating = new boolean[SimulatedCluster.PARTITIONS];
    private final Set<SimulatedCall<?>> calls = new LinkedHashSet<>();
    private final List<SimulatedConnection> connections = new ArrayList<>();
    private final Set<SimulatedNode> dropped = new LinkedHashSet<>();
    private final Voter voter;
    private final Election election;
    private Set<SimulatedNode> view = Set.of();
    private int viewVersion;
    private long viewSince;
    private SimulatedTable table = SimulatedTable.NONE;
    private boolean alive = true;
    private boolean joined;
    private boolean hasMajority = true;
    private boolean isGone;
    private long crashedAt = -1;
    private @Nullable SimulatedNode former;
    private long diedAt;
    private long frozenAt = -1;
    private @Nullable RoomRegistry rooms;
    private @Nullable SessionRegistry sessions;
    private @Nullable Relay relay;

    /**
     * Makes one.
     *
     * @param voter that of the incarnation before, when this is the same process
     */
    SimulatedNode(
            SimulatedCluster cluster, int place, int age, Voter voter, long clockOffset, long patienceMs, int loops) {
        this.cluster = cluster;
        this.place = place;
        this.age = age;
        this.id = new UUID(7, age);
        this.voter = voter;
        this.election = new Election(new SimulatedElection(cluster, this));
        this.clockOffset = clockOffset;
        this.patienceMs = patienceMs;
        this.partitionLoop = cluster.scheduler().newLoop();
        this.clusterLoop = cluster.scheduler().newLoop();
        for (int i = 0; i < loops; i++) {
            eventLoops.add(cluster.scheduler().newLoop());
        }
    }

    void run(Relay ownRelay, RoomRegistry ownRooms, SessionRegistry ownSessions) {
        relay = ownRelay;
        rooms = ownRooms;
        sessions = ownSessions;
    }

    SimulatedCluster cluster() {
        return cluster;
    }

    int place() {
        return place;
    }

    int age() {
        return age;
    }

    UUID id() {
        return id;
    }

    NodeId nodeId() {
        return new NodeId(id);
    }

    ManualScheduler.Loop partitionLoop() {
        return partitionLoop;
    }

    ManualScheduler.Loop clusterLoop() {
        return clusterLoop;
    }

    List<ManualScheduler.Loop> eventLoops() {
        return eventLoops;
    }

    Set<SimulatedCall<?>> calls() {
        return calls;
    }

    List<SimulatedConnection> connections() {
        return connections;
    }

    Relay relay() {
        return relay;
    }

    RoomRegistry rooms() {
        return rooms;
    }

    SessionRegistry sessions() {
        return sessions;
    }

    /** Members that it sees. */
    Set<SimulatedNode> view() {
        return view;
    }

    int viewVersion() {
        return viewVersion;
    }

    SimulatedTable table() {
        return table;
    }

    long patienceMs() {
        return patienceMs;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isJoined() {
        return joined;
    }

    /** Whether it is alive and its process runs. */
    boolean isRunning() {
        return alive && frozenAt < 0;
    }

    boolean isFrozen() {
        return alive && frozenAt >= 0;
    }

    long frozenAt() {
        return frozenAt;
    }

    long diedAt() {
        return diedAt;
    }

    /** Whether it has dropped a node that it saw before. */
    boolean hasDropped(SimulatedNode other) {
        return dropped.contains(other);
    }

    long viewSince() {
        return viewSince;
    }

    /** Whether its memory is lost, or handed on. */
    boolean isGone() {
        return isGone;
    }

    void gone() {
        isGone = true;
    }

    /** Its memory is lost with its process. */
    void crashed() {
        isGone = true;
        crashedAt = cluster.now();
    }

    /** When; -1 when it is not. */
    long crashedAt() {
        return crashedAt;
    }

    /** Whether it is one of those that may acknowledge. */
    boolean goesOn() {
        return isRunning() && joined && voter.mayAcknowledge(this::sees, cluster.planned());
    }

    /** The incarnation before, whose memory it hands on. */
    @Nullable
    SimulatedNode former() {
        return former;
    }

    void former(SimulatedNode node) {
        former = node;
    }

    Voter voter() {
        return voter;
    }

    Election election() {
        return election;
    }

    boolean isMigrating(int partition) {
        return migrating[partition];
    }

    void migrating(int partition) {
        migrating[partition] = true;
    }

    void stage(int partition, SimulatedStore copy) {
        staged[partition] = copy;
    }

    SimulatedStore store(int partition) {
        return stores[partition];
    }

    void store(int partition, SimulatedStore store) {
        stores[partition] = store;
        store.heldBy(this);
    }

    LogLimits limits() {
        return cluster.limits();
    }

    /** What it tells as the moment of an operation, as {@code cluster.RoomLogContext.now}. */
    RoomRecord.Moment moment() {
        return new RoomRecord.Moment(id, voter.opened().number(), millis(), tick(), cluster.terms());
    }

    long tick() {
        return millis();
    }

    @Override
    public long millis() {
        return cluster.now() + clockOffset;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    /** As {@code cluster.InSyncGate.isOpen}. */
    boolean isInSync(int partition) {
        if (Plant.is(Plant.GATE_OFF)) {
            return true;
        }
        if (!voter.mayAcknowledge(this::sees, cluster.planned())) {
            return false;
        }
        int inSync = 0;
        for (int index = 0; index < asked(partition); index++) {
            SimulatedNode copy = table.at(partition, index);
            if (copy != null && view.contains(copy)) {
                inSync++;
            }
        }
        return inSync >= cluster.minInSync();
    }

    /** How many indices Hazelcast sends to, the owner's included: no more than there are members. */
    int asked(int partition) {
        return Math.min(table.slots(partition).length, view.size());
    }

    private boolean sees(UUID member) {
        return view.stream().anyMatch(node -> node.id().equals(member));
    }

    boolean seesMajority() {
        return view.size() * 2 > cluster.planned();
    }

    /** Takes an operation of an owner: refuses it unless this is the copy that the owner means, and forgets what it had before. */
    boolean onBackup(int partition, int index, long version, BiConsumer<SimulatedNode, SimulatedStore> backup) {
        SimulatedStore store = stores[partition];
        if (table.at(partition, index) != this || store == null || version <= store.version()) {
            cluster.count("backup refused");
            return false;
        }
        boolean missedSome = version > store.version() + 1;
        try {
            backup.accept(this, store);
        } catch (IllegalStateException mismatch) {
            cluster.count("backup that does not follow");
            return false;
        }
        store.version(version);
        if (missedSome) {
            cluster.requestSync(this, partition);
        }
        return true;
    }

    /** Learns who is there. */
    void acceptView(int version, Set<SimulatedNode> members, SimulatedNode master) {
        if (!alive || version <= viewVersion || (joined && !view.contains(master))) {
            return;
        }
        Set<SimulatedNode> left = new LinkedHashSet<>(view);
        left.removeAll(members);
        viewVersion = version;
        viewSince = members.equals(view) ? viewSince : cluster.now();
        view = members;
        dropped.addAll(left);
        // One that never got in before it was removed may come again.
        dropped.removeAll(members);
        if (!joined) {
            joined = true;
            rooms().start();
        }
        left.forEach(this::onLeft);
        tellMajority();
    }

    private void onLeft(SimulatedNode node) {
        for (SimulatedCall<?> call : List.copyOf(calls)) {
            call.onLeft(node);
        }
        giveUpCalls();
        cluster.scheduler().after(LATE_NEWS_MS, () -> clusterLoop.execute(this::giveUpCalls));
        rooms().checkHeads();
    }

    private void giveUpCalls() {
        List.copyOf(calls).forEach(SimulatedCall::giveUp);
    }

    private void tellMajority() {
        boolean sees = seesMajority();
        if (hasMajority && !sees) {
            sessions().closeAll(CloseCode.NO_QUORUM);
        }
        hasMajority = sees;
    }

    /** Learns who holds what; what it no longer holds is cleared, what it holds newly was brought to it before. */
    void acceptTable(SimulatedTable newer) {
        if (!alive || newer.version() <= table.version()) {
            return;
        }
        for (int partition = 0; partition < SimulatedCluster.PARTITIONS; partition++) {
            boolean was = table.indexOf(this, partition) >= 0;
            boolean is = newer.indexOf(this, partition) >= 0;
            if (is && staged[partition] != null && newer.indexOf(this, partition) != table.indexOf(this, partition)) {
                store(partition, staged[partition]);
            } else if (is && stores[partition] == null) {
                store(partition, new SimulatedStore());
            } else if (was && !is) {
                stores[partition].releasedBy(this);
                stores[partition] = null;
            }
            if (is && newer.owner(partition) == this && table.owner(partition) != this && table.version() > 0) {
                cluster.count("new owner");
            }
            staged[partition] = null;
            migrating[partition] = false;
        }
        table = newer;
    }

    void freeze() {
        frozenAt = cluster.now();
        allLoops().forEach(ManualScheduler.Loop::hold);
    }

    void thaw() {
        frozenAt = -1;
        allLoops().forEach(ManualScheduler.Loop::release);
    }

    private List<ManualScheduler.Loop> allLoops() {
        List<ManualScheduler.Loop> all = new ArrayList<>(eventLoops);
        all.add(partitionLoop);
        all.add(clusterLoop);
        return all;
    }

    /** It is gone with all its memory. */
    void die() {
        alive = false;
        diedAt = cluster.now();
        allLoops().forEach(ManualScheduler.Loop::end);
        List.copyOf(connections).forEach(SimulatedConnection::onNodeDied);
        connections.clear();
    }

    @Override
    public String toString() {
        return "n" + place + (age > cluster.planned() ? "'" + age : "");
    }
}
