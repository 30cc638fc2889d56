package io.rejoin.chaos.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The ports of one node.
 *
 * <p>Threading: immutable.
 *
 * @param client WebSocket listener
 * @param api server API listener
 * @param ops listener of probes and metrics
 * @param member Hazelcast member
 * @param bus event bus
 */
public record NodePorts(int client, int api, int ops, int member, int bus) {

    /** Those of a node that has an address of its own. */
    public static final NodePorts USUAL = new NodePorts(8080, 8090, 9090, 5701, 15701);

    private static final int PER_NODE = 5;
    private static final int LOWEST = 12_000;
    private static final int MAX_TRIES = 2_000;

    /**
     * Finds free ports for some nodes on 127.0.0.1.
     *
     * <p>They lie below the range that the kernel gives to outgoing connections: a port of a node that is down would else be taken
     * by one of its clients. All are held at once while they are looked for, so that no two are the same.
     *
     * @throws UncheckedIOException when there are none
     */
    public static List<NodePorts> reserve(int nodes) {
        int highest = ephemeralStart();
        List<ServerSocket> held = new ArrayList<>();
        try {
            int tries = 0;
            while (held.size() < nodes * PER_NODE) {
                if (++tries > MAX_TRIES) {
                    throw new IOException("free ports: " + held.size() + " of " + nodes * PER_NODE + " between "
                            + LOWEST + " and " + highest + " (expected: all)");
                }
                hold(ThreadLocalRandom.current().nextInt(LOWEST, highest)).ifPresent(held::add);
            }
            List<NodePorts> ports = new ArrayList<>();
            for (int i = 0; i < held.size(); i += PER_NODE) {
                ports.add(new NodePorts(
                        held.get(i).getLocalPort(),
                        held.get(i + 1).getLocalPort(),
                        held.get(i + 2).getLocalPort(),
                        held.get(i + 3).getLocalPort(),
                        held.get(i + 4).getLocalPort()));
            }
            for (ServerSocket socket : held) {
                socket.close();
            }
            return List.copyOf(ports);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port, or nothing when somebody has it. */
    private static Optional<ServerSocket> hold(int port) {
        try {
            return Optional.of(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (IOException taken) {
            return Optional.empty();
        }
    }

    /** The kernel gives this file whole, to one read of enough bytes, or not at all. */
    private static int ephemeralStart() {
        Path file = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        if (!Files.isReadable(file)) {
            return 32_768;
        }
        try (BufferedReader range = Files.newBufferedReader(file)) {
            return Integer.parseInt(String.valueOf(range.readLine()).split("\\s+", -1)[0]);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
