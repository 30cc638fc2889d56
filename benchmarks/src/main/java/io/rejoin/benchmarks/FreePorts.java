package io.rejoin.benchmarks;

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
 * Ports of 127.0.0.1 that nobody listens on, all different.
 *
 * <p>They lie below the range that the kernel gives to outgoing connections. Whoever tries to connect to a port of that range before its
 * member listens can be given this very port, and is connected to itself: a member then takes the address for its own for good.
 */
final class FreePorts {

    private static final int LOWEST = 12_000;
    private static final int MOST_TRIES = 2_000;
    private static final Path OUTGOING = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int USUAL_OUTGOING = 32_768;

    private FreePorts() {}

    /** Finds as many free ports as asked for. */
    static List<Integer> find(int count) {
        int end = firstOutgoing();
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int tries = 0; sockets.size() < count; tries++) {
                if (tries == MOST_TRIES) {
                    throw new IllegalStateException("free ports: " + sockets.size() + " of " + count + " between "
                            + LOWEST + " and " + end + " (expected: all)");
                }
                hold(ThreadLocalRandom.current().nextInt(LOWEST, end)).ifPresent(sockets::add);
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            sockets.forEach(FreePorts::close);
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
    private static int firstOutgoing() {
        if (!Files.isReadable(OUTGOING)) {
            return USUAL_OUTGOING;
        }
        try (BufferedReader range = Files.newBufferedReader(OUTGOING)) {
            return Integer.parseInt(range.readLine().split("\\s+", -1)[0]);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read " + OUTGOING, unreadable);
        }
    }

    private static void close(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
