/**
 * The node's place in the cluster: room logs, session records and facts in Hazelcast maps, and the bus between nodes. Implements the
 * ports {@link io.rejoin.room.RoomLog}, {@link io.rejoin.room.Relay} and {@link io.rejoin.session.SessionDirectory}. The only package
 * that knows Hazelcast and the event bus.
 */
@NullMarked
package io.rejoin.cluster;

import org.jspecify.annotations.NullMarked;
