package io.rejoin.config;

import io.rejoin.api.ApiConfig;
import io.rejoin.auth.AuthConfig;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.flow.Admission;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.room.RoomConfig;
import io.rejoin.session.DrainConfig;
import io.rejoin.session.SessionConfig;
import io.rejoin.tls.TlsConfig;
import io.rejoin.transport.EdgeConfig;
import io.rejoin.transport.TransportConfig;
import java.util.List;
import java.util.OptionalInt;

/**
 * All settings of a node.
 *
 * <p>Threading: immutable.
 *
 * @param nodeName told to clients and in logs
 * @param auth how clients prove who they are
 * @param client the client listener
 * @param edge who may connect to it
 * @param tls which listeners speak TLS
 * @param api the server API
 * @param opsHost address of the ops listener
 * @param opsPort port of the ops listener
 * @param sessions sessions and what clients are told
 * @param rooms rooms and their logs
 * @param budgets what all rooms of the node share
 * @param admission how many clients may arrive
 * @param drain how clients are sent elsewhere when the node leaves
 * @param cluster this node's place in the cluster
 * @param clusterKeys secrets of the session hash, the first one signs; empty when the cluster makes one
 * @param eventLoops how many; empty for the default of Vert.x
 */
public record BrokerConfig(
        String nodeName,
        AuthConfig auth,
        TransportConfig client,
        EdgeConfig edge,
        TlsConfig tls,
        ApiConfig api,
        String opsHost,
        int opsPort,
        SessionConfig sessions,
        RoomConfig rooms,
        NodeBudgets.Limits budgets,
        Admission.Limits admission,
        DrainConfig drain,
        ClusterConfig cluster,
        List<Secret> clusterKeys,
        OptionalInt eventLoops) {

    /** Copies the keys. */
    public BrokerConfig {
        clusterKeys = List.copyOf(clusterKeys);
    }
}
