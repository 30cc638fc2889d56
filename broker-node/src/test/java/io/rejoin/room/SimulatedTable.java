package io.rejoin.room;

import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which node holds which copy of which partition, as Hazelcast's partition table says it: index 0 is the owner, an empty place is null.
 *
 * <p>Threading: never changed once made.
 */
final class SimulatedTable {

    static final SimulatedTable NONE = new SimulatedTable(0, new SimulatedNode[SimulatedCluster.PARTITIONS][0]);

    private final int version;
    private final SimulatedNode[][] slots;

    SimulatedTable(int version, SimulatedNode[][] slots) {
        this.version = version;
        this.slots = slots;
    }

    int version() {
        return version;
    }

    /** Copies of a partition; not to be changed. */
    SimulatedNode[] slots(int partition) {
        return slots[partition];
    }

    /** The owner, or null. */
    @Nullable
    SimulatedNode owner(int partition) {
        return at(partition, 0);
    }

    @Nullable
    SimulatedNode at(int partition, int index) {
        return index < slots[partition].length ? slots[partition][index] : null;
    }

    /** Which copy a node holds; -1 for none. */
    int indexOf(SimulatedNode node, int partition) {
        return Arrays.asList(slots[partition]).indexOf(node);
    }

    /** The same but for one partition. */
    SimulatedTable with(int newVersion, int partition, SimulatedNode[] newSlots) {
        SimulatedNode[][] changed = slots.clone();
        changed[partition] = newSlots;
        return new SimulatedTable(newVersion, changed);
    }

    /** What is left of the copies of a partition when only some nodes are: the first that is left becomes the owner. */
    static SimulatedNode[] survivors(SimulatedNode[] before, Collection<SimulatedNode> left) {
        SimulatedNode[] after = before.clone();
        for (int i = 0; i < after.length; i++) {
            after[i] = left.contains(after[i]) ? after[i] : null;
        }
        for (int i = 1; i < after.length && after[0] == null; i++) {
            after[0] = after[i];
            after[i] = after[0] == null ? after[i] : null;
        }
        return after;
    }

    @Override
    public String toString() {
        return "v" + version + " "
                + Stream.of(slots)
                        .map(copies -> Stream.of(copies)
                                .map(node -> node == null ? "-" : node.toString())
                                .collect(Collectors.joining(",", "[", "]")))
                        .collect(Collectors.joining(" "));
    }
}
