package io.rejoin.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux tells of its TCP sockets. */
final class KernelSockets {

    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
    private static final int LOCAL = 1;
    private static final int REMOTE = 2;
    private static final int QUEUES = 4;

    private KernelSockets() {}

    /** Bytes that the kernel took on a port for a remote one and that were not acknowledged. */
    static long sendQueue(int localPort, int remotePort) throws IOException {
        for (Path table : TABLES) {
            for (String line : Files.readAllLines(table)) {
                String[] columns = line.trim().split(" +", -1);
                if (columns[LOCAL].endsWith(hex(localPort)) && columns[REMOTE].endsWith(hex(remotePort))) {
                    return Long.parseLong(columns[QUEUES].split(":", -1)[0], 16);
                }
            }
        }
        throw new IOException("local port=" + localPort + " remote port=" + remotePort + " (expected: a socket)");
    }

    private static String hex(int port) {
        return String.format(":%04X", port);
    }
}
