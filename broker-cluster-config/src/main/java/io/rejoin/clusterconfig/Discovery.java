package io.rejoin.clusterconfig;

import java.util.List;

/**
 * How a node finds the others.
 *
 * <p>Threading: immutable.
 */
public sealed interface Discovery {

    /** There are no others. */
    record SingleNode() implements Discovery {}

    /**
     * A fixed list.
     *
     * @param members every planned member, this node included
     */
    record StaticMembers(List<HostPort> members) implements Discovery {

        /** Copies the list. */
        public StaticMembers {
            members = List.copyOf(members);
        }
    }

    /**
     * The addresses that a name resolves to, such as a headless service of Kubernetes.
     *
     * @param service the name
     */
    record Dns(String service) implements Discovery {}
}
