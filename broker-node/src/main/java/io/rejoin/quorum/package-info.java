/**
 * Who may acknowledge: members of the cluster agree on an {@link io.rejoin.quorum.Electorate}, and only members that remember count. Entry
 * types: {@link io.rejoin.quorum.Voter}, what one member keeps and answers, and {@link io.rejoin.quorum.Election}, what the oldest member
 * does. It knows no Hazelcast: members and time are reached through {@link io.rejoin.quorum.Election.Cluster}.
 */
@NullMarked
package io.rejoin.quorum;

import org.jspecify.annotations.NullMarked;
