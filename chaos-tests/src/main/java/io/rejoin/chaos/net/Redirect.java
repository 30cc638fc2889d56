package io.rejoin.chaos.net;

/**
 * New connections of a node that go to the run instead of another node.
 *
 * <p>Threading: immutable.
 *
 * @param node where they begin
 * @param peer address that they are meant for
 * @param port port that they are meant for
 * @param ownPort port of the run's own address that they get to
 */
public record Redirect(String node, String peer, int port, int ownPort) {}
