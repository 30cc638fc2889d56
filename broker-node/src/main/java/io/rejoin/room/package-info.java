/**
 * Rooms: the replicated log's state and rules, group commit, the node's tail of encoded frames, cursors and delivery passes. Entry
 * type: {@link io.rejoin.room.RoomRegistry}. It reaches the cluster through {@link io.rejoin.room.RoomLog} and {@link
 * io.rejoin.room.Relay}, and members through {@link io.rejoin.room.Member}; it knows neither Hazelcast nor sockets.
 */
@NullMarked
package io.rejoin.room;

import org.jspecify.annotations.NullMarked;
