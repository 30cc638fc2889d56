package io.rejoin.chaos.history;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a client did or saw, or that was done to a node.
 *
 * <p>A {@code Send} is in the history before its bytes are on the socket, an answer after it was read. So what stands first in the
 * history happened first, whenever the difference matters to a law.
 *
 * <p>Threading: immutable.
 */
public sealed interface Op {

    /** When, in nanoseconds since the start of the history. */
    long at();

    /**
     * A durable publish is about to be sent.
     *
     * @param publisher name of the client
     * @param value unique in the run: {@code publisher.sequence}, the sequence ascending
     * @param number the publish's number on the wire
     * @param again whether it was sent before
     */
    record Send(long at, String publisher, String room, String value, long number, boolean again) implements Op {}

    /**
     * The publish is in the log, at this point: the outcome OK.
     *
     * @param node that acknowledged it
     */
    record Ack(long at, String publisher, String room, String value, long number, Point point, String node)
            implements Op {}

    /** The publish is not in the log and never will be: the outcome FAIL. */
    record Fail(long at, String publisher, String room, String value, long number, String reason) implements Op {}

    /** Nobody will tell the client whether the publish is in the log: the outcome INFO. */
    record Unknown(long at, String publisher, String room, String value, long number, String reason) implements Op {}

    /** A hello was answered. */
    record Welcome(long at, String client, String node, boolean asked, boolean resumed, boolean sameId) implements Op {}

    /**
     * A membership started.
     *
     * @param stream the connection that it belongs to: {@code client#connection}
     * @param asked where the client wanted to start; {@code null} for "from now on"
     * @param outcome as on the wire
     * @param gap what is left out
     */
    record Joined(
            long at,
            String stream,
            String room,
            @Nullable Point asked,
            Point point,
            String outcome,
            @Nullable Bounds gap)
            implements Op {}

    /** A publication arrived. */
    record Delivery(long at, String stream, String room, Point point, String value) implements Op {}

    /** A gap arrived; delivery goes on after the point. */
    record Gap(long at, String stream, String room, Bounds bounds, Point point) implements Op {}

    /** A publication of a final read, in the order of the pages. */
    record Read(long at, String node, String room, Point point, String value) implements Op {}

    /**
     * A final read is complete.
     *
     * @param skipped the last offset that the log does not retain any more; 0 for none
     * @param head last position of the last page
     */
    record ReadEnd(long at, String node, String room, long skipped, Point head) implements Op {}

    /** A client saw what the protocol forbids. */
    record Violation(long at, String client, String what) implements Op {}

    /**
     * Something is about to be done to nodes, their links or their clients.
     *
     * @param id the same as that of its end, unique in the run
     * @param fault name of the nemesis; one that begins with {@code double-kill} may lose what was acknowledged
     * @param nodes its targets
     * @param inFlight publishes that were sent and have no outcome, at this moment
     */
    record FaultStart(long at, int id, String fault, List<String> nodes, int inFlight) implements Op {

        /** Copies the targets. */
        public FaultStart {
            nodes = List.copyOf(nodes);
        }
    }

    /** It is healed: links are whole, nodes are ready again. */
    record FaultEnd(long at, int id, String fault, List<String> nodes) implements Op {

        /** Copies the targets. */
        public FaultEnd {
            nodes = List.copyOf(nodes);
        }
    }

    /** Memory of a node's process that is in RAM; taken each second while it lives, and of all planned nodes before the final reads. */
    record Memory(long at, String node, long rssBytes) implements Op {}

    /**
     * A phase of the run started: {@code form}, {@code load}, {@code faults}, {@code heal}, {@code quiesce}, {@code reads},
     * {@code reads after kill of n2}. Final reads of one phase belong together.
     */
    record Phase(long at, String name) implements Op {}

    /**
     * What a gap leaves out.
     *
     * @param reason as on the wire
     * @param from first offset left out; -1 when not told
     * @param to last offset left out; -1 when not told
     */
    record Bounds(String reason, long from, long to) {}
}
