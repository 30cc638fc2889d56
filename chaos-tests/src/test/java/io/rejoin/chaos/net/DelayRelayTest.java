package io.rejoin.chaos.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DelayRelayTest {

    private static final String HOST = "127.0.0.1";
    private static final int COUNT = 20_000;

    private final DelayRelay relay = new DelayRelay(HOST, 40, 80, new Random(1));

    @Test
    void passesEverythingOnInOrderAndLater() throws IOException {
        try (relay;
                ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket near = new Socket(InetAddress.getLoopbackAddress(), relay.to(HOST, target.getLocalPort()));
                Socket far = target.accept()) {
            long start = System.nanoTime();
            DataOutputStream out = new DataOutputStream(near.getOutputStream());
            DataInputStream in = new DataInputStream(far.getInputStream());

            out.writeInt(0);

            assertThat(in.readInt()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(40));
            for (int i = 1; i <= COUNT; i++) {
                out.writeInt(i);
            }
            for (int i = 1; i <= COUNT; i++) {
                assertThat(in.readInt()).isEqualTo(i);
            }
        }
    }

    @Test
    void passesAnswersAndTheEndOn() throws IOException {
        try (relay;
                ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket near = new Socket(InetAddress.getLoopbackAddress(), relay.to(HOST, target.getLocalPort()))) {
            try (Socket far = target.accept()) {
                far.getOutputStream().write(7);
            }

            assertThat(near.getInputStream().read()).isEqualTo(7);
            assertThat(near.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void endsAllConnectionsWhenItIsClosed() throws IOException {
        try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket near = new Socket(InetAddress.getLoopbackAddress(), relay.to(HOST, target.getLocalPort()));
                Socket far = target.accept()) {
            relay.close();

            assertThat(near.getInputStream().read()).isEqualTo(-1);
            assertThat(far.getInputStream().read()).isEqualTo(-1);
        }
    }
}
