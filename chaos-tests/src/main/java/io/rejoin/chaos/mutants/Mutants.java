package io.rejoin.chaos.mutants;

import static io.rejoin.chaos.mutants.Replacement.inConfig;
import static io.rejoin.chaos.mutants.Replacement.inNode;

import java.util.List;

/**
 * The table of known-bad nodes. Each takes one thing away that a promise rests on, or two where the design has a second net below.
 *
 * <p>Threading: immutable.
 */
public final class Mutants {

    private static final String NO_ACKNOWLEDGED_LOSS = "what is acknowledged is not lost";
    private static final String NO_DUPLICATES = "a publish is in the log once";
    private static final String ONE_ORDER = "a room has one order, and what was shown stays";
    private static final String CONTIGUITY = "a stream has no silent hole and ends at the head";
    private static final String RESUMPTION = "a session outlives its node";

    private static final String PAUSES = "pause-bursts";
    private static final String KILL = "kill-owner";
    private static final String KILL_BEHIND_CUT = "kill-behind-cut";
    private static final String KILL_AND_KILL = "kill-and-kill";
    private static final String ISOLATE = "isolate-one";
    private static final String KILL_BEHIND_RESET = "kill-behind-reset";
    private static final String KILL_BEHIND_SPLIT = "kill-behind-split";
    private static final String KILL_BEHIND_FREEZE = "kill-behind-freeze";

    private static final List<Mutant> ALL = List.of(
            new Mutant(
                    "backups-0",
                    "the maps have no copies",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL,
                    "copies-0",
                    List.of(inConfig(
                            "HazelcastConfigFactory.java",
                            ".setBackupCount(cluster.copies() - 1)",
                            ".setBackupCount(0)"))),
            new Mutant(
                    "ack-before-copies",
                    "an append is acknowledged when its owner has it, the copies follow",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_BEHIND_CUT,
                    "",
                    List.of(inConfig(
                            "HazelcastConfigFactory.java",
                            """
                            .setBackupCount(cluster.copies() - 1)
                                            .setAsyncBackupCount(0)\
                            """,
                            ".setBackupCount(0).setAsyncBackupCount(cluster.copies() - 1)"))),
            new Mutant(
                    "gate-off",
                    "the owner appends however few copies and members it sees",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_AND_KILL,
                    "gate-off",
                    List.of(inNode(
                            "cluster/InSyncGate.java",
                            "return RoomLogContext.of(hazelcast).gate().isOpen(hazelcast, partitionId);",
                            "return true;"))),
            new Mutant(
                    "majority-off",
                    "a node that sees no majority goes on appending and letting clients in",
                    "the gate asks for copies in sync as well as for the majority",
                    NO_ACKNOWLEDGED_LOSS,
                    ISOLATE,
                    "",
                    List.of(
                            inNode("cluster/PlannedMembers.java", "return planned.get();", "return 1;"),
                            inNode(
                                    "cluster/InSyncGate.java",
                                    "copiesOf(hazelcast, partitionId) >= minInSync",
                                    "copiesOf(hazelcast, partitionId) >= 1"))),
            new Mutant(
                    "newcomers-count",
                    "members that have just started, and remember nothing, count for a majority",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_BEHIND_SPLIT,
                    "",
                    List.of(inNode(
                            "quorum/Ballot.java",
                            "return present.size() * 2 > voters.size();",
                            "return hasMajority();"))),
            new Mutant(
                    "merge-keeps-host",
                    "after a split the log of the larger side stays, whatever it lacks",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_BEHIND_SPLIT,
                    "",
                    List.of(inNode(
                            "room/RoomRecord.java",
                            "return electorate != other.electorate ? electorate > other.electorate : version > other.version;",
                            "return false;"))),
            new Mutant(
                    "indeterminate-off",
                    "an append whose copies do not answer in time counts as settled",
                    "",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_BEHIND_CUT,
                    "indeterminate-as-success",
                    List.of(inConfig(
                            "HazelcastConfigFactory.java",
                            "\"hazelcast.operation.fail.on.indeterminate.state\", \"true\"",
                            "\"hazelcast.operation.fail.on.indeterminate.state\", \"false\""))),
            new Mutant(
                    "no-log-matching",
                    "a copy applies what does not follow, and confirms what it does not hold",
                    "Hazelcast replaces a copy as a whole, within milliseconds, when it knows that it missed something",
                    NO_ACKNOWLEDGED_LOSS,
                    KILL_BEHIND_RESET,
                    "",
                    List.of(
                            inNode("room/RoomRecord.java", "if (!change.matches(record)) {", "if (false) {"),
                            inConfig(
                                    "HazelcastConfigFactory.java",
                                    "config.setProperty(\"hazelcast.phone.home.enabled\", \"false\");",
                                    "config.setProperty(\"hazelcast.phone.home.enabled\", \"false\");"
                                            + " config.setProperty(\"hazelcast.partition.max.parallel.replications\", \"0\");"))),
            new Mutant(
                    "numbers-off",
                    "the owner takes any number of a publisher",
                    "",
                    NO_DUPLICATES,
                    PAUSES,
                    "",
                    List.of(inNode(
                            "room/RoomRecord.java",
                            "long expected = PublisherNumbers.expected(last, draft.first());",
                            "long expected = draft.number();"))),
            new Mutant(
                    "fanout-before-ack",
                    "the owner tells the members what its copies have not confirmed",
                    "",
                    ONE_ORDER,
                    KILL_BEHIND_CUT,
                    "fan-out-before-ack",
                    List.of(
                            inNode(
                                    "cluster/AppendProcessor.java",
                                    "RoomRecord log = settle(entry, plan.change());",
                                    """
                                    RoomRecord log = settle(entry, plan.change());
                                    NodeBus.relayAtOnce(
                                            entry.getKey(),
                                            plan.before(),
                                            log,
                                            log.interested(context.ticker().millis()));
                                    """),
                            inNode(
                                    "cluster/NodeBus.java",
                                    "private static final String ADDRESS = \"rejoin.node.\";",
                                    """
                                    private static final String ADDRESS = "rejoin.node.";
                                    private static volatile @Nullable NodeBus newest;

                                    static void relayAtOnce(
                                            String room, Position before, io.rejoin.room.RoomRecord log, Set<NodeId> nodes) {
                                        NodeBus bus = newest;
                                        if (bus != null && log.head().offset() > before.offset()) {
                                            log.between(before, log.head(), 1 << 20, false)
                                                    .filter(all -> !all.isEmpty())
                                                    .ifPresent(all -> bus.relay(
                                                            new RelayBatch(new RoomId(room), before, all), nodes));
                                        }
                                    }
                                    """),
                            inNode(
                                    "cluster/NodeBus.java",
                                    "this.metrics = metrics;",
                                    "this.metrics = metrics;\n        newest = this;"))),
            new Mutant(
                    "heads-off",
                    "nobody asks where the log's head is",
                    "heads are asked for when a member leaves, and with every renewal",
                    CONTIGUITY,
                    KILL_BEHIND_FREEZE,
                    "",
                    List.of(
                            inNode("room/RoomRegistry.java", "shard.loop.execute(() -> renew(shard));", ""),
                            inNode(
                                    "room/TailFollower.java",
                                    "if (!open || head.equals(known)) {",
                                    "if (known.offset() >= 0) {"))),
            new Mutant(
                    "interest-lost",
                    "a join does not tell the log which node has members",
                    "a renewal every 2 s registers the node as well, and tells the head",
                    CONTIGUITY,
                    PAUSES,
                    "interest-lost",
                    List.of(
                            inNode(
                                    "cluster/JoinProcessor.java",
                                    "log.lease(node(), context.ticker().millis(), limits);",
                                    ""),
                            inNode("room/RoomRegistry.java", "if (!held.isEmpty()) {", "if (held.size() < 0) {"))),
            new Mutant(
                    "interest-not-renewed",
                    "interest is told once: a new owner does not learn of it",
                    "",
                    CONTIGUITY,
                    KILL,
                    "",
                    List.of(inNode("room/RoomRegistry.java", "if (!held.isEmpty()) {", "if (held.size() < 0) {"))),
            new Mutant(
                    "session-on-close",
                    "a session is written down when its connection ends, not when it begins",
                    "a touch every third of the window writes it as well",
                    RESUMPTION,
                    KILL,
                    "session-on-close",
                    List.of(
                            inNode("cluster/SessionProcessor.java", "entry.setValue(record);", """
                                    if (!(this instanceof ClaimSessionProcessor)) {
                                        entry.setValue(record);
                                    }
                                    """),
                            inNode(
                                    "cluster/SessionProcessor.java",
                                    "outcome = new StoreSessionProcessor(record);",
                                    "outcome = this instanceof ClaimSessionProcessor ? null : new StoreSessionProcessor(record);"),
                            inNode(
                                    "session/Session.java",
                                    "timer = loop().schedule(node.config().touchInterval(), this::touch);",
                                    ""),
                            inNode("session/Session.java", "registry.remove(identity.id(), this);", """
                                    registry.remove(identity.id(), this);
                                    node.directory().touch(identity.id(), identity.user(), holder());
                                    """))),
            new Mutant(
                    "cursor-off-by-one",
                    "a member starts one publication too late",
                    "",
                    CONTIGUITY,
                    PAUSES,
                    "",
                    List.of(inNode(
                            "room/MemberLoop.java",
                            "new Membership(room.id(), member, this, start, conflates);",
                            "new Membership(room.id(), member, this,"
                                    + " new Position(start.epoch(), start.offset() + 1), conflates);"))),
            new Mutant(
                    "page-off-by-one",
                    "a page of the log starts one publication too late",
                    "",
                    CONTIGUITY,
                    PAUSES,
                    "",
                    List.of(inNode(
                            "room/RoomRecord.java",
                            "long skip = after + 1 - oldestRetained();",
                            "long skip = after + 2 - oldestRetained();"))),
            new Mutant(
                    "gap-swallowed",
                    "a member behind the tail is moved to its head without a word",
                    "",
                    CONTIGUITY,
                    PAUSES,
                    "",
                    List.of(inNode(
                            "room/MemberLoop.java",
                            "catchUp(membership);",
                            "membership.moveTo(tail.head());\n            membership.caughtUp();"))),
            new Mutant(
                    "frame-reused",
                    "frames of the same length share their bytes",
                    "",
                    ONE_ORDER,
                    PAUSES,
                    "",
                    List.of(
                            inNode("room/PublicationEncoder.java", "private final FrameCodec codec;", """
                                    private static final java.util.Map<Integer, EncodedFrame> REUSED =
                                            new java.util.concurrent.ConcurrentHashMap<>();
                                    private final FrameCodec codec;
                                    """),
                            inNode(
                                    "room/PublicationEncoder.java",
                                    "return codec.encode(published(room, publication, known));",
                                    """
                                    EncodedFrame frame = codec.encode(published(room, publication, known));
                                    EncodedFrame reused = REUSED.computeIfAbsent(frame.size(), size -> frame);
                                    System.arraycopy(frame.message(), 0, reused.message(), 0, frame.size());
                                    return reused;
                                    """))));

    private Mutants() {}

    /** All of them, in the order of the table. */
    public static List<Mutant> all() {
        return ALL;
    }
}
