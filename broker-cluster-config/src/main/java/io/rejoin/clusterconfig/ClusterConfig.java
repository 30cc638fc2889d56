package io.rejoin.clusterconfig;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Settings of one node's place in the cluster.
 *
 * <p>Threading: immutable.
 *
 * @param clusterName nodes of other names never join
 * @param nodeName for logs
 * @param discovery how the others are found
 * @param bind address of this node's Hazelcast member
 * @param bus address of this node's event bus
 * @param busTls how nodes know each other on the event bus; empty for plain text
 * @param size planned members, of which a majority has to be seen
 * @param copies owner and backups of every room
 * @param minInSync copies that an acknowledgement needs
 * @param partitions the same number on every node
 * @param timing patience of the members
 */
public record ClusterConfig(
        String clusterName,
        String nodeName,
        Discovery discovery,
        HostPort bind,
        HostPort bus,
        Optional<BusTls> busTls,
        int size,
        int copies,
        int minInSync,
        int partitions,
        ClusterTiming timing) {

    /** Name of a cluster that was given none. */
    public static final String DEFAULT_NAME = "rejoin";

    /** Partitions of every cluster in production. */
    public static final int DEFAULT_PARTITIONS = 271;

    private static final int DEFAULT_COPIES = 3;

    /** One on each planned member, at most three: with the default for an acknowledgement, one may die and none is waited for. */
    public static int defaultCopies(int size) {
        return Math.min(DEFAULT_COPIES, size);
    }

    /** One copy for a single node, else two. */
    public static int defaultMinInSync(int size) {
        return size == 1 ? 1 : 2;
    }

    /** Settings with the defaults that follow from the planned size. */
    public static ClusterConfig of(String nodeName, Discovery discovery, HostPort bind, HostPort bus, int size) {
        return new ClusterConfig(
                DEFAULT_NAME,
                nodeName,
                discovery,
                bind,
                bus,
                Optional.empty(),
                size,
                defaultCopies(size),
                defaultMinInSync(size),
                DEFAULT_PARTITIONS,
                ClusterTiming.PRODUCTION);
    }

    /** The same under another name of the cluster. */
    public ClusterConfig withClusterName(String name) {
        return new ClusterConfig(
                name, nodeName, discovery, bind, bus, busTls, size, copies, minInSync, partitions, timing);
    }

    /** The same with other copies. */
    public ClusterConfig withCopies(int newCopies, int newMinInSync) {
        return new ClusterConfig(
                clusterName, nodeName, discovery, bind, bus, busTls, size, newCopies, newMinInSync, partitions, timing);
    }

    /** The same with another number of partitions. */
    public ClusterConfig withPartitions(int newPartitions) {
        return new ClusterConfig(
                clusterName, nodeName, discovery, bind, bus, busTls, size, copies, minInSync, newPartitions, timing);
    }

    /** The same with another patience. */
    public ClusterConfig withTiming(ClusterTiming newTiming) {
        return new ClusterConfig(
                clusterName, nodeName, discovery, bind, bus, busTls, size, copies, minInSync, partitions, newTiming);
    }

    /** The same with another way to know nodes on the event bus. */
    public ClusterConfig withBusTls(Optional<BusTls> newBusTls) {
        return new ClusterConfig(
                clusterName, nodeName, discovery, bind, bus, newBusTls, size, copies, minInSync, partitions, timing);
    }

    /** Members that have to be seen: more than half of the planned ones. */
    public int majority() {
        return size / 2 + 1;
    }

    /**
     * What is wrong with these settings together.
     *
     * @return one sentence per fault, with the key, the value and what was expected; empty when all is well
     */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        if (size < 1 || size > 100) {
            faults.add("cluster.size=" + size + " (expected: 1..100)");
        }
        if (copies < 1 || copies > 6 || copies > Math.max(1, size)) {
            faults.add("cluster.copies=" + copies + " (expected: 1.." + Math.min(6, Math.max(1, size))
                    + ", at most cluster.size)");
        }
        if (minInSync < 1 || minInSync > copies) {
            faults.add("cluster.min-in-sync=" + minInSync + " (expected: 1.." + copies + ", at most cluster.copies)");
        }
        addUnreachable(faults, "cluster.bind", bind);
        addUnreachable(faults, "cluster.bus", bus);
        if (bind.equals(bus)) {
            faults.add("cluster.bus=" + bus + " (expected: another port than cluster.bind)");
        }
        if (discovery instanceof Discovery.StaticMembers list) {
            if (!list.members().contains(bind)) {
                faults.add("cluster.members=" + list.members() + " (expected: to contain cluster.bind=" + bind + ")");
            }
            if (list.members().stream().distinct().count() != list.members().size()) {
                faults.add("cluster.members=" + list.members() + " (expected: each member once)");
            }
            // Fewer planned than there are would let two halves of the cluster both count as the majority.
            if (size >= 1 && size < list.members().size()) {
                faults.add("cluster.size=" + size + " (expected: at least "
                        + list.members().size() + ", the number of cluster.members)");
            }
        }
        if (discovery instanceof Discovery.Dns dns && dns.service().isBlank()) {
            faults.add("cluster.dns is blank (expected: name of a headless service)");
        }
        if (discovery instanceof Discovery.SingleNode && size > 1) {
            faults.add("cluster.size=" + size + " (expected: 1, or cluster.members or cluster.dns to find the others)");
        }
        return faults;
    }

    /** Members tell each other these addresses, so one that means "every address of this machine" leads nowhere. */
    private static void addUnreachable(List<String> faults, String key, HostPort address) {
        if (address.isWildcard()) {
            faults.add(key + "=" + address + " (expected: an address of this node that the others can reach)");
        }
    }
}
