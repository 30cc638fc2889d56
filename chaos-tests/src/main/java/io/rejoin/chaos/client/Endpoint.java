package io.rejoin.chaos.client;

/**
 * Where clients reach a node.
 *
 * <p>Threading: immutable.
 *
 * @param node its name
 * @param host address of its client listener
 * @param port port of its client listener
 */
public record Endpoint(String node, String host, int port) {}
