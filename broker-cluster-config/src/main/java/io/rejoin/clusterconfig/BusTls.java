package io.rejoin.clusterconfig;

import java.nio.file.Path;

/**
 * PEM files with which nodes prove to each other, on the event bus, that they belong to the cluster. Whoever has a certificate of the
 * authority is a node, whatever name it holds; so the authority has to be one of this cluster alone.
 *
 * <p>Threading: immutable.
 *
 * @param certificate of this node, for server and client
 * @param key its private key, not encrypted
 * @param ca the authority that issued the certificates of all nodes
 */
public record BusTls(Path certificate, Path key, Path ca) {}
