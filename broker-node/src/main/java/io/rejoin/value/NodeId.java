package io.rejoin.value;

import java.util.UUID;

/**
 * One incarnation of a node: a node that left the cluster and came back is another one.
 *
 * <p>Threading: immutable.
 *
 * @param value the member's id in the cluster
 */
public record NodeId(UUID value) {

    @Override
    public String toString() {
        return value.toString();
    }
}
