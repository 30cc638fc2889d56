/**
 * Settings of the cluster, turned into Hazelcast configuration and event-bus options. Entry types: {@link
 * io.rejoin.clusterconfig.ClusterConfig} and {@link io.rejoin.clusterconfig.HazelcastConfigFactory}. It knows Hazelcast and the event
 * bus, not rooms, sessions, frames or HTTP.
 */
@NullMarked
package io.rejoin.clusterconfig;

import org.jspecify.annotations.NullMarked;
