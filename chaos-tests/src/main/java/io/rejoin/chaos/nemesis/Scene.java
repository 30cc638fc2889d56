package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.net.Network;
import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import io.rejoin.chaos.workload.AckWatch;
import io.rejoin.chaos.workload.RoomWorkload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a nemesis strikes at: the nodes, their links and their clients.
 *
 * <p>Threading: thread-safe, but for {@link #awaitSafe}, which one thread calls.
 */
public final class Scene {

    private static final Logger LOG = LoggerFactory.getLogger(Scene.class);
    static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration SAFE_LIMIT = Duration.ofSeconds(90);
    private static final Duration SILENCE_LIMIT = Duration.ofSeconds(15);
    private static final int BURST = 24;
    private static final long POLL_NANOS = 20_000_000L;

    private final ProcessCluster cluster;
    private final Network network;
    private final RoomWorkload workload;
    private final History history;
    private final AckWatch acks;
    private final AtomicInteger ids = new AtomicInteger();

    /** Sets the scene. */
    public Scene(ProcessCluster cluster, Network network, RoomWorkload workload, History history, AckWatch acks) {
        this.cluster = cluster;
        this.network = network;
        this.workload = workload;
        this.history = history;
        this.acks = acks;
    }

    /** The planned nodes, whatever their state. */
    List<BrokerProcess> nodes() {
        return cluster.nodes();
    }

    /** Their links. */
    Network network() {
        return network;
    }

    /** Their clients. */
    RoomWorkload workload() {
        return workload;
    }

    /** One of the planned nodes. */
    BrokerProcess anyNode(Random random) {
        return nodes().get(random.nextInt(nodes().size()));
    }

    /** All planned nodes but some. */
    List<BrokerProcess> others(BrokerProcess... some) {
        return nodes().stream().filter(node -> !List.of(some).contains(node)).toList();
    }

    /** A room that gets most of the load. */
    String hotRoom(Random random) {
        List<String> rooms = workload.hot().isEmpty() ? workload.rooms() : workload.hot();
        return rooms.get(random.nextInt(rooms.size()));
    }

    /**
     * The nodes that hold a room, its owner first.
     *
     * @throws IllegalStateException when no node tells
     */
    List<BrokerProcess> holders(String room) {
        List<BrokerProcess> holders = new ArrayList<>();
        await(
                () -> {
                    holders.clear();
                    nodes().stream()
                            .map(node -> node.holders(room))
                            .filter(names -> !names.isEmpty())
                            .findFirst()
                            .ifPresent(names -> names.forEach(name -> holders.add(cluster.node(name))));
                    return !holders.isEmpty();
                },
                READY_LIMIT,
                () -> "a node that tells who holds " + room);
        return holders;
    }

    /** Waits until a room acknowledges once more, if it does so within a second. */
    void awaitAck(String room) {
        if (!acks.awaitAck(room, Duration.ofSeconds(1))) {
            LOG.info("no ack within 1 s room={}", room);
        }
    }

    /**
     * Does a fault in the middle of a burst of publishes.
     *
     * @param fault returns when it is healed
     */
    void during(String name, List<BrokerProcess> targets, Runnable fault) {
        List<String> nodes = targets.stream().map(BrokerProcess::name).toList();
        int id = ids.incrementAndGet();
        LOG.info("fault={} id={} nodes={}", name, id, nodes);
        workload.burst(BURST, pending -> history.add(at -> new Op.FaultStart(at, id, name, nodes, pending)));
        try {
            fault.run();
        } finally {
            LOG.info("healed fault={} id={}", name, id);
            history.add(at -> new Op.FaultEnd(at, id, name, nodes));
        }
    }

    /** Publishers send more at once. */
    void burst() {
        workload.burst(BURST, pending -> {});
    }

    /** Nodes that are not planned. */
    List<BrokerProcess> spare() {
        return cluster.spare();
    }

    /** Clients go to the planned nodes, and to some more. */
    void offer(List<BrokerProcess> more) {
        workload.setEndpoints(Stream.concat(nodes().stream(), more.stream())
                .map(ProcessCluster::endpoint)
                .toList());
    }

    /** Starts nodes again and waits until they are ready. */
    void restart(List<BrokerProcess> nodes) {
        nodes.forEach(BrokerProcess::start);
        nodes.forEach(node -> node.awaitReady(READY_LIMIT));
    }

    /** Waits until all planned nodes, and those of the spare ones that run, are ready and see each other. */
    void awaitWhole() {
        List<BrokerProcess> all = Stream.concat(
                        nodes().stream(), spare().stream().filter(BrokerProcess::isAlive))
                .toList();
        await(
                () -> all.stream()
                        .allMatch(node -> node.isReady() && (int) node.metric("rejoin_cluster_members") == all.size()),
                READY_LIMIT,
                () -> "all nodes ready in one cluster: "
                        + all.stream()
                                .map(node -> node.name() + ' ' + node.readiness() + " members="
                                        + node.metric("rejoin_cluster_members"))
                                .toList());
    }

    /**
     * Waits until another fault is within what the cluster tolerates: all nodes are there, and every room has acknowledged a publish
     * that was first sent from now on.
     */
    public void awaitSafe(String why) {
        awaitWhole();
        awaitAcks(why);
    }

    /** Waits until every room has acknowledged a publish that was first sent from now on: each has its copies again. */
    void awaitAcks(String why) {
        acks.mark();
        Set<String> all = new HashSet<>(workload.rooms());
        workload.await(() -> acks.acknowledged().containsAll(all), SAFE_LIMIT, () -> {
            Set<String> missing = new TreeSet<>(all);
            missing.removeAll(acks.acknowledged());
            return "an ack from every room " + why + "; missing: " + missing;
        });
    }

    /** Lets nobody publish, and waits until every publish has its outcome and every subscriber all that was acknowledged. */
    void awaitSilence() {
        workload.quiesce(SILENCE_LIMIT);
        workload.awaitCaughtUp(acks.heads(), SILENCE_LIMIT);
    }

    /** Waits until a node sees so many members. */
    void awaitMember(BrokerProcess witness, int members) {
        await(
                () -> (int) witness.metric("rejoin_cluster_members") == members,
                READY_LIMIT,
                () -> "members=" + members + " seen by " + witness.name() + ", which sees "
                        + witness.metric("rejoin_cluster_members"));
    }

    /** {@link #heal} and {@link #awaitSafe}, as far as there is something to heal. */
    void recover(String why) {
        heal();
        awaitSafe(why);
    }

    /** Makes everything whole, whatever was left broken: links, frozen nodes, dead nodes. */
    public void heal() {
        network.heal();
        spare().forEach(BrokerProcess::close);
        offer(List.of());
        workload.readOn();
        nodes().stream().filter(BrokerProcess::isAlive).forEach(BrokerProcess::thaw);
        restart(nodes().stream().filter(node -> !node.isAlive()).toList());
    }

    /**
     * Waits until something holds.
     *
     * @throws IllegalStateException when it does not hold in time, with the message
     */
    static void await(BooleanSupplier condition, Duration limit, Supplier<String> message) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > limit.toNanos()) {
                throw new IllegalStateException("not within " + limit + ": " + message.get());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** The schedule's own time; nothing is expected of it. */
    public static void hold(long millis) {
        long end = System.nanoTime() + millis * 1_000_000L;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted during the schedule");
            }
        }
    }

    /** From a bound up to another, both included. */
    static long between(Random random, int low, int high) {
        return random.nextInt(low, high + 1);
    }
}
