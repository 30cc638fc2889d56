package io.rejoin.room;

import io.rejoin.quorum.Electorate;
import io.rejoin.quorum.Voter;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.value.SessionId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cluster as Hazelcast makes one, in one thread: who sees whom, who owns and copies what, and links that may be slow, cut or reset.
 *
 * <p>It keeps to what Hazelcast 5.7 does where that matters to what is acknowledged: the oldest member decides who is there, each other one
 * learns it at its own time; a copy that is first in line becomes the owner when that one left; places without a copy are filled by
 * migrations, during which the owner refuses operations; an operation on copies is refused by whoever is not that copy in its own
 * table, also when it comes from an owner that was removed; a copy that missed one is found by version and replaced as a whole; the
 * smaller side of a split is wiped and joins again.
 *
 * <p>Left out: members that see each other while both see a third (Hazelcast resolves that by removing one), graceful leaving.
 */
final class SimulatedCluster {

    /** Rooms are in partition 0, sessions in partition 1. */
    static final int PARTITIONS = 2;

    private static final long HEARTBEAT_MS = 250;
    private static final long CRASH_NOTICED_MS = 100;
    private static final long SILENCE_MS = 10_000;
    private static final long DROPPED_NOTICED_MS = 400;
    private static final long NEVER_KNOWN_MS = 3_000;
    private static final long MERGE_AFTER_MS = 3_000;
    private static final long SYNC_MS = 5_000;
    private static final long MIGRATION_LIMIT_MS = 5_000;
    private static final long RESEND_MS = 1_000;
    /** In one run; a first electorate has the time as its number, which is seconds later. */
    private static final long MOST_ELECTIONS = 1_500;

    private static final int[] LINK_DELAYS_MS = {1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 8, 15, 40, 120, 400};

    private final ManualScheduler scheduler;
    private final Choices choices;
    private final Setup setup;
    private final IntFunction<NodeParts> newNode;
    private final Random terms = new Random(7);
    private final SimulatedNode[] places;
    private final Map<Long, Link> links = new HashMap<>();
    private final Map<Long, Long> cuts = new HashMap<>();
    private final Map<SimulatedNode, Duties> duties = new HashMap<>();
    private final Map<String, Long> happened = new TreeMap<>();
    private final Set<Integer> lostPartitions = new LinkedHashSet<>();
    private Consumer<SimulatedNode> onStarted = node -> {};
    private int ages;
    private long lastElectorate;
    private boolean hasBegunAnew;
    private final List<SimulatedNode> crashed = new ArrayList<>();
    /** When all nodes were there, and all copies in place. */
    private final List<Long> wholeAt = new ArrayList<>();

    /** How the cluster is set up. */
    record Setup(int nodes, int copies, int minInSync, LogLimits limits) {}

    /** What chance decides about a node. */
    record NodeParts(long clockOffset, long patienceMs, int loops) {}

    /** One direction of a connection: what is sent arrives in order, or not at all. */
    private static final class Link {
        private long lastArrival;
        private int resets;
        private final ArrayDeque<Runnable> stalled = new ArrayDeque<>();
    }

    /** What a member keeps while it is the oldest. */
    private static final class Duties {
        private boolean tookOver;
        private int highestVersion;
        private long sentAt;
        private @Nullable Migration migration;
    }

    /** A copy, or the place of the owner, on its way to a member. */
    private static final class Migration {
        private final int partition;
        private final SimulatedNode[] after;
        private final SimulatedNode to;
        private final long since;
        private @Nullable SimulatedTable table;

        Migration(int partition, SimulatedNode[] after, SimulatedNode to, long since) {
            this.partition = partition;
            this.after = after;
            this.to = to;
            this.since = since;
        }

        private boolean isCommitting() {
            return table != null;
        }
    }

    SimulatedCluster(ManualScheduler scheduler, Choices choices, Setup setup, IntFunction<NodeParts> newNode) {
        this.scheduler = scheduler;
        this.choices = choices;
        this.setup = setup;
        this.newNode = newNode;
        this.places = new SimulatedNode[setup.nodes()];
    }

    /** Has something done with each node before it takes part. */
    void onStarted(Consumer<SimulatedNode> action) {
        onStarted = action;
    }

    /** Forms the cluster. */
    void form() {
        Set<SimulatedNode> all = new LinkedHashSet<>();
        for (int place = 0; place < places.length; place++) {
            all.add(makeNode(place, new Voter()));
        }
        SimulatedTable table = firstTable(List.copyOf(all));
        for (SimulatedNode node : all) {
            node.acceptView(1, all, node);
            node.acceptTable(table);
        }
        Set<UUID> ids = all.stream().map(SimulatedNode::id).collect(Collectors.toSet());
        Electorate first = new Electorate(now(), ids, ids);
        for (SimulatedNode node : all) {
            node.voter().accept(first, 0);
            node.voter().open(first);
        }
        lastElectorate = first.number();
        duties(places[0]).tookOver = true;
        duties(places[0]).highestVersion = table.version();
        heartbeat();
        syncCopies();
    }

    private SimulatedNode makeNode(int place, Voter voter) {
        NodeParts parts = newNode.apply(place);
        SimulatedNode node =
                new SimulatedNode(this, place, ++ages, voter, parts.clockOffset(), parts.patienceMs(), parts.loops());
        places[place] = node;
        onStarted.accept(node);
        return node;
    }

    private SimulatedTable firstTable(List<SimulatedNode> members) {
        SimulatedNode[][] slots = new SimulatedNode[PARTITIONS][setup.copies()];
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (int i = 0; i < Math.min(setup.copies(), members.size()); i++) {
                slots[partition][i] = members.get((partition + i) % members.size());
            }
        }
        return new SimulatedTable(1, slots);
    }

    ManualScheduler scheduler() {
        return scheduler;
    }

    long now() {
        return scheduler.millis();
    }

    LogLimits limits() {
        return setup.limits();
    }

    int minInSync() {
        return setup.minInSync();
    }

    int planned() {
        return setup.nodes();
    }

    Random terms() {
        return terms;
    }

    /** The node at a place, dead or alive. */
    SimulatedNode at(int place) {
        return places[place];
    }

    List<SimulatedNode> nodes() {
        return Arrays.asList(places);
    }

    void count(String what) {
        count(what, 1);
    }

    void count(String what, long times) {
        happened.merge(what, times, Long::sum);
    }

    Map<String, Long> happened() {
        return happened;
    }

    /** Whether all copies of a partition were ever gone. */
    boolean hasLost(int partition) {
        return lostPartitions.contains(partition);
    }

    /**
     * Whether all who had something may have lost it: with too many of them at once, before all copies were in place again, while nobody
     * who goes on has it.
     */
    boolean mayBeLost(Collection<SimulatedNode> holders) {
        Map<Long, Integer> crashes = new HashMap<>();
        for (SimulatedNode holder : holders) {
            if (holder.goesOn()) {
                return false;
            }
            if (holder.crashedAt() >= 0) {
                long before =
                        wholeAt.stream().filter(at -> at <= holder.crashedAt()).count();
                crashes.merge(before, 1, Integer::sum);
            }
        }
        return crashes.values().stream().anyMatch(count -> count >= setup.minInSync());
    }

    /** Whether too many nodes were ever lost at once. */
    boolean hasLostTooMany() {
        return mayBeLost(crashed);
    }

    /** Whether a cluster that remembered nothing ever went on without one that may have. */
    boolean hasBegunAnew() {
        return hasBegunAnew;
    }

    // Links

    private Link link(SimulatedNode from, SimulatedNode to) {
        return links.computeIfAbsent(((long) from.age() << 32) | to.age(), missing -> new Link());
    }

    private static long pair(int one, int other) {
        return ((long) Math.min(one, other) << 32) | Math.max(one, other);
    }

    boolean isCut(SimulatedNode one, SimulatedNode other) {
        return cuts.containsKey(pair(one.place(), other.place()));
    }

    /** Sends on the connection of two members, which keeps the order; what meets a cut waits for its end, or for the reset. */
    void send(SimulatedNode from, SimulatedNode to, Runnable arrival) {
        if (from == to) {
            arrival.run();
            return;
        }
        if (to.hasDropped(from)) {
            // Its connection was closed, and a new one is refused.
            return;
        }
        Link link = link(from, to);
        if (isCut(from, to)) {
            link.stalled.add(arrival);
        } else {
            deliver(link, to, arrival);
        }
    }

    private void deliver(Link link, SimulatedNode to, Runnable arrival) {
        int sentIn = link.resets;
        link.lastArrival = Math.max(link.lastArrival, now() + LINK_DELAYS_MS[choices.pick(LINK_DELAYS_MS.length)]);
        scheduler.after(link.lastArrival - now(), () -> {
            if (sentIn == link.resets && to.isAlive()) {
                arrival.run();
            }
        });
    }

    /** The connection of two nodes breaks: what is under way is lost. */
    void reset(SimulatedNode one, SimulatedNode other) {
        for (Link link : List.of(link(one, other), link(other, one))) {
            link.resets++;
            link.stalled.clear();
        }
    }

    /** Nothing passes between two places. */
    void cut(int one, int other) {
        cuts.putIfAbsent(pair(one, other), now());
    }

    /** Everything passes again. */
    void healCuts() {
        cuts.clear();
        for (SimulatedNode from : places) {
            for (SimulatedNode to : places) {
                Link link = link(from, to);
                if (to.hasDropped(from)) {
                    link.stalled.clear();
                }
                while (!link.stalled.isEmpty()) {
                    deliver(link, to, link.stalled.removeFirst());
                }
            }
        }
    }

    boolean hasCuts() {
        return !cuts.isEmpty();
    }

    /** What other threads of a node do between two steps of a partition thread: some word of who is there may get in. */
    void letOtherThreadsRun(SimulatedNode node) {
        while (choices.oneIn(24) && node.clusterLoop().runNext()) {
            count("view changed within an operation");
        }
    }

    /** Whether a call is given up while it may still happen, which its law allows, though Hazelcast does it only after long. */
    boolean hurry() {
        return choices.oneIn(64);
    }

    // Faults

    void crash(SimulatedNode node) {
        if (node.isAlive()) {
            node.die();
            for (SimulatedNode lost = node; lost != null; lost = lost.former()) {
                lost.crashed();
                crashed.add(lost);
            }
            count("crash");
        }
    }

    /** An empty node takes the place of one that is gone. */
    void restart(int place) {
        if (!places[place].isAlive()) {
            join(makeNode(place, new Voter()), now());
        }
    }

    void freeze(SimulatedNode node, long millis) {
        if (node.isRunning()) {
            node.freeze();
            count(millis > SILENCE_MS ? "freeze beyond the failure detector" : "freeze");
            scheduler.after(millis, () -> {
                if (node.isFrozen()) {
                    node.thaw();
                }
            });
        }
    }

    // Who is there

    private void heartbeat() {
        for (SimulatedNode node : places) {
            if (node.isRunning() && node.isJoined()) {
                node.clusterLoop().execute(() -> lookAround(node));
            }
        }
        scheduler.after(HEARTBEAT_MS, this::heartbeat);
    }

    private void lookAround(SimulatedNode node) {
        Set<SimulatedNode> trusted = new LinkedHashSet<>(node.view());
        trusted.removeIf(other -> other != node && isMissing(node, other));
        if (oldest(trusted) != node) {
            duties.remove(node);
            return;
        }
        if (trusted.size() < node.view().size()) {
            count("members removed");
            publishView(node, trusted);
        }
        manage(node);
        node.election().look();
        mergeIfSmaller(node);
    }

    private boolean isMissing(SimulatedNode node, SimulatedNode other) {
        if (!other.isAlive()) {
            return now() - other.diedAt() > CRASH_NOTICED_MS;
        }
        long limit = SILENCE_MS + node.patienceMs();
        if (other.isFrozen() && now() - other.frozenAt() > limit) {
            return true;
        }
        Long cutAt = cuts.get(pair(node.place(), other.place()));
        if (cutAt != null) {
            return now() - cutAt > limit;
        }
        boolean knowsBetter =
                other.isRunning() && other.isJoined() && !other.view().contains(node);
        long limitMs = other.hasDropped(node) ? DROPPED_NOTICED_MS : NEVER_KNOWN_MS;
        return knowsBetter && now() - Math.max(other.viewSince(), node.viewSince()) > limitMs;
    }

    static SimulatedNode oldest(Set<SimulatedNode> members) {
        return members.stream().min(Comparator.comparingInt(SimulatedNode::age)).orElseThrow();
    }

    private boolean isReachable(SimulatedNode node, SimulatedNode other) {
        return other == node || (other.isRunning() && !isCut(node, other));
    }

    private void publishView(SimulatedNode master, Set<SimulatedNode> members) {
        int version = master.viewVersion();
        for (SimulatedNode member : members) {
            version = isReachable(master, member) ? Math.max(version, member.viewVersion()) : version;
        }
        int next = version + 1;
        Set<SimulatedNode> view = new LinkedHashSet<>(members);
        master.acceptView(next, view, master);
        for (SimulatedNode member : view) {
            if (member != master) {
                send(master, member, () -> member.clusterLoop().execute(() -> member.acceptView(next, view, master)));
            }
        }
    }

    private void join(SimulatedNode node, long since) {
        if (!node.isAlive() || node.isJoined()) {
            return;
        }
        scheduler.after(300, () -> join(node, since));
        if (!node.isRunning()) {
            return;
        }
        SimulatedNode host = largestCluster(node);
        if (host == null) {
            if (now() - since > 3_000) {
                node.acceptView(1, new LinkedHashSet<>(Set.of(node)), node);
                node.acceptTable(firstTable(List.of(node)));
                count("cluster of one");
            }
            return;
        }
        host.clusterLoop().execute(() -> {
            if (host.isAlive() && oldest(host.view()) == host && node.isAlive() && !node.isJoined()) {
                Set<SimulatedNode> members = new LinkedHashSet<>(host.view());
                members.add(node);
                publishView(host, members);
                duties(host).sentAt = 0;
            }
        });
    }

    /** The oldest member of the largest cluster that a node reaches. */
    private @Nullable SimulatedNode largestCluster(SimulatedNode node) {
        SimulatedNode best = null;
        for (SimulatedNode other : places) {
            if (other != node && other.isJoined() && isReachable(node, other)) {
                SimulatedNode master = oldest(other.view());
                boolean answers = master != node && isReachable(node, master) && master.isJoined();
                if (answers && (best == null || isLarger(master, best))) {
                    best = master;
                }
            }
        }
        return best;
    }

    private static boolean isLarger(SimulatedNode one, SimulatedNode other) {
        int sizes = Integer.compare(one.view().size(), other.view().size());
        return sizes != 0 ? sizes > 0 : one.age() < other.age();
    }

    /** The smaller side of a split is wiped, and joins again as other members. */
    private void mergeIfSmaller(SimulatedNode master) {
        SimulatedNode host = largestCluster(master);
        // Hazelcast merges nothing while a member is counted on both sides.
        boolean isSplit = host != null && Collections.disjoint(master.view(), host.view());
        if (!isSplit || !isLarger(host, master) || now() - master.viewSince() < MERGE_AFTER_MS) {
            return;
        }
        for (SimulatedNode node : List.copyOf(master.view())) {
            Runnable again = () -> {
                if (node.isAlive()) {
                    rejoin(node);
                }
            };
            if (node == master) {
                scheduler.after(0, again);
            } else {
                send(master, node, () -> node.clusterLoop().execute(() -> scheduler.after(0, again)));
            }
        }
    }

    /** A node is wiped and becomes another member; what it owned is merged into what the others have. */
    private void rejoin(SimulatedNode node) {
        count("merged back");
        SimulatedStore[] owned = new SimulatedStore[PARTITIONS];
        for (int partition = 0; partition < PARTITIONS; partition++) {
            owned[partition] = node.table().owner(partition) == node ? node.store(partition) : null;
        }
        node.voter().onMerging(node.id());
        node.die();
        SimulatedNode again = makeNode(node.place(), node.voter());
        again.former(node);
        join(again, now());
        mergeBack(node, again, owned);
    }

    private void mergeBack(SimulatedNode before, SimulatedNode now, SimulatedStore[] owned) {
        if (!now.isAlive()) {
            return;
        }
        if (!now.isJoined()) {
            scheduler.after(100, () -> mergeBack(before, now, owned));
            return;
        }
        int next = 0;
        while (next < PARTITIONS && owned[next] == null) {
            next++;
        }
        if (next == PARTITIONS) {
            before.gone();
            now.voter().onMerged();
            return;
        }
        int partition = next;
        SimulatedStore lost = owned[partition];
        new SimulatedCall<Boolean>(this, now, partition, owner -> {
                    boolean hasAll = owner.store(partition).merge(lost, before, owner);
                    return new SimulatedCall.Answer<>(hasAll, (copy, store) -> store.merge(lost, before, copy));
                })
                .ungated()
                .start()
                .onComplete(merged -> {
                    if (merged.succeeded()) {
                        owned[partition] = null;
                        count(merged.result() ? "what a smaller side had is there" : "log of a smaller side let go");
                    }
                    scheduler.after(100, () -> mergeBack(before, now, owned));
                });
    }

    /**
     * Members have agreed. When a majority that remembers nothing has begun anew, because the others did not come for long, what those
     * remember counts no more.
     */
    void onOpened(Electorate electorate) {
        if (electorate.number() > lastElectorate + MOST_ELECTIONS) {
            count("cluster began anew");
            for (SimulatedNode node : places) {
                if (!electorate.members().contains(node.id())) {
                    node.gone();
                }
            }
            hasBegunAnew = true;
            for (int partition = 0; partition < PARTITIONS; partition++) {
                lostPartitions.add(partition);
            }
        }
        count(electorate.number() > lastElectorate ? "electorate" : "electorate told");
        lastElectorate = Math.max(lastElectorate, electorate.number());
        if (electorate.voters().size() == planned()) {
            wholeAt.add(now());
        }
    }

    // Who holds what

    private Duties duties(SimulatedNode master) {
        return duties.computeIfAbsent(master, missing -> new Duties());
    }

    private void manage(SimulatedNode master) {
        Duties own = duties(master);
        if (now() - own.sentAt > RESEND_MS) {
            own.sentAt = now();
            resend(master);
        }
        Migration migration = own.migration;
        if (migration != null && migration.isCommitting() && master.view().contains(migration.to)) {
            // Whether it took place is not known before that one answers or leaves.
            sendCommit(master, migration);
            return;
        }
        if (!own.tookOver) {
            takeOver(master, own);
            return;
        }
        SimulatedTable repaired = repaired(master, master.table());
        if (repaired != master.table()) {
            own.migration = null;
            publish(master, new SimulatedTable(own.highestVersion + 1, slotsOf(repaired)));
        } else if (migration == null) {
            fillPlace(master);
        } else if (now() - migration.since > MIGRATION_LIMIT_MS) {
            own.migration = null;
            count("migration given up");
            publish(master, new SimulatedTable(own.highestVersion + 1, slotsOf(repaired)));
        }
    }

    /**
     * Who has become the oldest goes on from the newest table that any member has. It waits for those that do not answer, and one that does
     * not take it for the oldest does not.
     */
    private void takeOver(SimulatedNode master, Duties own) {
        SimulatedTable newest = master.table();
        for (SimulatedNode member : master.view()) {
            if (!isReachable(master, member) || !isMasterOf(master, member)) {
                return;
            }
            newest = member.table().version() > newest.version() ? member.table() : newest;
        }
        // A member that was cut off before it ever heard of a table makes one.
        if (newest.version() == 0) {
            newest = firstTable(List.copyOf(master.view()));
        }
        own.tookOver = true;
        own.highestVersion = newest.version();
        publish(master, new SimulatedTable(newest.version() + 1, slotsOf(repaired(master, newest))));
    }

    private static SimulatedNode[][] slotsOf(SimulatedTable table) {
        SimulatedNode[][] slots = new SimulatedNode[PARTITIONS][];
        for (int partition = 0; partition < PARTITIONS; partition++) {
            slots[partition] = table.slots(partition);
        }
        return slots;
    }

    private SimulatedTable repaired(SimulatedNode master, SimulatedTable table) {
        SimulatedTable repaired = table;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            SimulatedNode[] before = table.slots(partition);
            SimulatedNode[] after = SimulatedTable.survivors(before, master.view());
            if (after[0] == null) {
                after[0] = oldest(master.view());
                lostPartitions.add(partition);
                count("all copies lost");
            }
            if (!Arrays.equals(before, after)) {
                repaired = repaired.with(0, partition, after);
            }
        }
        return repaired;
    }

    private void publish(SimulatedNode master, SimulatedTable table) {
        Duties own = duties(master);
        own.highestVersion = Math.max(own.highestVersion, table.version());
        master.acceptTable(table);
        for (SimulatedNode member : master.view()) {
            if (member != master) {
                sendTable(master, member, table);
            }
        }
    }

    private void sendTable(SimulatedNode master, SimulatedNode member, SimulatedTable table) {
        send(
                master,
                member,
                () -> member.clusterLoop().execute(() -> {
                    if (isMasterOf(master, member)) {
                        member.acceptTable(table);
                    }
                }));
    }

    /** A table of another member is not taken: it may be that of another side. */
    private static boolean isMasterOf(SimulatedNode master, SimulatedNode member) {
        return member.isJoined() && oldest(member.view()) == master;
    }

    /** What was lost on the way is sent again. */
    private void resend(SimulatedNode master) {
        boolean viewMissed = false;
        for (SimulatedNode member : master.view()) {
            if (member != master && isReachable(master, member)) {
                viewMissed |= !member.view().equals(master.view());
                if (member.table().version() < master.table().version()) {
                    sendTable(master, member, master.table());
                }
            }
        }
        if (viewMissed) {
            publishView(master, master.view());
        }
    }

    private void fillPlace(SimulatedNode master) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            SimulatedNode[] slots = master.table().slots(partition);
            int empty = Arrays.asList(slots).indexOf(null);
            SimulatedNode spare = empty < 0 ? null : spare(master, slots, empty);
            if (spare != null) {
                SimulatedNode[] after = slots.clone();
                int from = Arrays.asList(slots).indexOf(spare);
                if (from >= 0) {
                    after[from] = null;
                }
                after[empty] = spare;
                migrate(master, partition, after, spare);
                return;
            }
        }
    }

    /** A later copy moves up, else a member without one gets one. */
    private @Nullable SimulatedNode spare(SimulatedNode master, SimulatedNode[] slots, int empty) {
        for (int i = empty + 1; i < slots.length; i++) {
            if (slots[i] != null) {
                return slots[i];
            }
        }
        return master.view().stream()
                .filter(member -> !Arrays.asList(slots).contains(member) && isReachable(master, member))
                .filter(SimulatedNode::isJoined)
                .findFirst()
                .orElse(null);
    }

    /** Gives a partition another owner, as when members come: a copy takes over, or a member that had none; the owner may stay a copy. */
    void move(int partition, int place, boolean keepsCopy) {
        SimulatedNode to = places[place];
        SimulatedNode master = to.isJoined() && to.isRunning() ? oldest(to.view()) : null;
        if (master == null || !master.isRunning() || duties(master).migration != null || !duties(master).tookOver) {
            return;
        }
        SimulatedNode[] slots = master.table().slots(partition);
        if (slots[0] == null || slots[0] == to) {
            return;
        }
        SimulatedNode[] after = slots.clone();
        int was = Arrays.asList(slots).indexOf(to);
        if (was > 0) {
            after[was] = slots[0];
        } else if (keepsCopy && slots.length > 1) {
            after[1] = slots[0];
        }
        after[0] = to;
        count("owner moved");
        migrate(master, partition, after, to);
    }

    /** The owner stops taking operations and sends its copy; who gets it learns the new table first, then everybody. */
    private void migrate(SimulatedNode master, int partition, SimulatedNode[] after, SimulatedNode to) {
        SimulatedNode owner = master.table().owner(partition);
        if (owner == null) {
            return;
        }
        int expected = master.table().version();
        Migration migration = new Migration(partition, after, to, now());
        duties(master).migration = migration;
        send(
                master,
                owner,
                () -> owner.partitionLoop().execute(() -> {
                    if (owner.table().version() != expected || owner.table().owner(partition) != owner) {
                        return;
                    }
                    owner.migrating(partition);
                    SimulatedStore copy = owner.store(partition).copyFor(owner, to);
                    send(
                            owner,
                            to,
                            () -> to.partitionLoop().execute(() -> {
                                if (to.table().version() == expected) {
                                    to.stage(partition, copy);
                                    send(
                                            to,
                                            master,
                                            () -> master.clusterLoop()
                                                    .execute(() -> commit(master, migration, expected)));
                                }
                            }));
                }));
    }

    private void commit(SimulatedNode master, Migration migration, int expected) {
        Duties own = duties(master);
        if (own.migration == migration && master.table().version() == expected && !migration.isCommitting()) {
            migration.table = master.table().with(own.highestVersion + 1, migration.partition, migration.after);
            own.highestVersion = migration.table.version();
            sendCommit(master, migration);
        }
    }

    private void sendCommit(SimulatedNode master, Migration migration) {
        SimulatedTable table = migration.table;
        SimulatedNode to = migration.to;
        send(
                master,
                to,
                () -> to.clusterLoop().execute(() -> {
                    if (isMasterOf(master, to)) {
                        to.acceptTable(table);
                    }
                    send(
                            to,
                            master,
                            () -> master.clusterLoop().execute(() -> {
                                if (duties(master).migration == migration
                                        && to.table().version() >= table.version()) {
                                    duties(master).migration = null;
                                    count("migration");
                                    publish(master, table);
                                }
                            }));
                }));
    }

    /** A copy asks its owner for all there is. */
    void requestSync(SimulatedNode copy, int partition) {
        SimulatedNode owner = copy.table().owner(partition);
        if (owner == null || owner == copy) {
            return;
        }
        send(
                copy,
                owner,
                () -> owner.partitionLoop().execute(() -> {
                    if (owner.table().owner(partition) == owner && owner.table().indexOf(copy, partition) > 0) {
                        int index = owner.table().indexOf(copy, partition);
                        SimulatedStore whole = owner.store(partition).copyFor(owner, copy);
                        send(
                                owner,
                                copy,
                                () -> copy.partitionLoop().execute(() -> {
                                    if (copy.table().indexOf(copy, partition) == index
                                            && copy.table().owner(partition) == owner) {
                                        copy.store(partition, whole);
                                        count("copy replaced");
                                    }
                                }));
                    }
                }));
    }

    /** Each owner tells its copies how far it is; who is elsewhere asks for all. */
    private void syncCopies() {
        for (SimulatedNode node : places) {
            for (int i = 0; i < PARTITIONS; i++) {
                int partition = i;
                if (node.isRunning() && node.table().owner(partition) == node) {
                    node.partitionLoop().execute(() -> compareCopies(node, partition));
                }
            }
        }
        scheduler.after(SYNC_MS, this::syncCopies);
    }

    private void compareCopies(SimulatedNode owner, int partition) {
        if (owner.table().owner(partition) != owner || owner.isMigrating(partition)) {
            return;
        }
        long version = owner.store(partition).version();
        for (SimulatedNode copy : owner.table().slots(partition)) {
            if (copy != null && copy != owner && owner.view().contains(copy)) {
                send(
                        owner,
                        copy,
                        () -> copy.partitionLoop().execute(() -> {
                            boolean isCopy = copy.table().indexOf(copy, partition) > 0;
                            if (isCopy && copy.store(partition).version() != version) {
                                requestSync(copy, partition);
                            }
                        }));
            }
        }
    }

    /** Whether all nodes are one cluster again, and every partition has all its copies. */
    boolean isHealed() {
        Set<SimulatedNode> all = new LinkedHashSet<>(nodes());
        int version = places[0].table().version();
        if (version == 0) {
            return false;
        }
        for (SimulatedNode node : places) {
            boolean sees = node.isRunning() && node.isJoined() && node.view().equals(all);
            if (!sees || node.table().version() != version) {
                return false;
            }
        }
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (SimulatedNode holder : places[0].table().slots(partition)) {
                if (holder == null || holder.store(partition) == null) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Nodes that have a session's newest record. */
    List<SimulatedNode> holdersOf(SessionId session) {
        List<SimulatedNode> holders = new ArrayList<>();
        long newest = 0;
        for (SimulatedNode node : places) {
            SimulatedStore store = node.store(1);
            SimulatedStore.Session record =
                    node.isAlive() && store != null ? store.sessions().get(session) : null;
            long generation = record == null ? -1 : record.holder().generation();
            if (generation > newest) {
                holders.clear();
            }
            newest = Math.max(newest, generation);
            if (generation == newest) {
                holders.add(node);
            }
        }
        return holders;
    }

    /** For messages. */
    Map<String, String> states() {
        Map<String, String> states = new LinkedHashMap<>();
        for (SimulatedNode node : places) {
            states.put(
                    node.toString(),
                    (node.isAlive() ? node.isFrozen() ? "frozen" : "runs" : "dead") + " sees " + node.view() + " "
                            + node.table());
        }
        return states;
    }

    /** Nodes that run, for whoever looks for one. */
    List<SimulatedNode> running() {
        List<SimulatedNode> running = new ArrayList<>();
        for (SimulatedNode node : places) {
            if (node.isRunning() && node.isJoined()) {
                running.add(node);
            }
        }
        return running;
    }
}
