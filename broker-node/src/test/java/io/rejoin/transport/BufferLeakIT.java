package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.rejoin.protocol.CloseCode;
import io.rejoin.testing.Await;
import io.rejoin.testing.TestCa;
import io.rejoin.tls.PemFiles;
import io.rejoin.transport.TransportFixture.Peer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Counts on {@code -Dio.netty.leakDetection.level=PARANOID}, with which Netty reports every buffer that was collected unreleased. */
final class BufferLeakIT {

    private final Logger detector = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    private final Reports reports = new Reports();

    @TempDir
    private Path directory;

    private static final class Reports extends AppenderBase<ILoggingEvent> {
        private final Queue<String> texts = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            texts.add(event.getFormattedMessage());
        }
    }

    @BeforeEach
    void watch() {
        reports.start();
        detector.addAppender(reports);
        detector.setAdditive(false);
    }

    @AfterEach
    void unwatch() {
        detector.setAdditive(true);
        detector.detachAppender(reports);
    }

    private TransportFixture start(TransportConfig config, boolean encrypted) throws Exception {
        if (!encrypted) {
            return TransportFixture.start(config);
        }
        TestCa ca = new TestCa("test-ca");
        ca.issue("node").write(directory, "node");
        PemFiles files = new PemFiles(directory.resolve("node.crt"), directory.resolve("node.key"));
        return TransportFixture.start(config, 2, true, new TransportFixture.Tls(files, ca.trusting()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void releasesWhatGoodAndBadClientsMakeItAllocate(boolean encrypted) throws Exception {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(100));
        try (TransportFixture fixture = start(impatient, encrypted)) {
            // Connections 0, 1 to 4, 5, 6.
            talk(fixture);
            breakFrames(fixture);
            leaveInTheMiddle(fixture);
            neverRead(fixture);
        }

        // The detector tells of two losses that look the same only once.
        String purpose = "lost on purpose, encrypted=" + encrypted;
        awaitReportOfABufferLost(purpose);

        assertThat(reports.texts).singleElement().asString().contains(purpose);
    }

    private static void talk(TransportFixture fixture) throws Exception {
        try (RawClient client = fixture.connect()) {
            Peer peer = fixture.peer(0);
            client.send(RawClient.PING, "p");
            client.send(RawClient.PONG, "p");
            client.send(RawClient.TEXT_BEGIN, "a");
            client.send(RawClient.CONTINUATION_END, "b");
            peer.awaitMessages("ab");
            peer.onLoop(connection -> {
                connection.send(TransportFixture.frame("{\"large\":\"" + "x".repeat(100_000) + "\"}"));
                connection.send(TransportFixture.frame("{}"));
                connection.close(CloseCode.NORMAL, 0);
            });
            client.readClose(1000);
            client.send(RawClient.TEXT, "too late");
            client.sendClose(1000);
            client.awaitEnd();
        }
    }

    private static void breakFrames(TransportFixture fixture) throws Exception {
        for (int first : new int[] {RawClient.BINARY, 0x83, RawClient.CONTINUATION_END}) {
            try (RawClient client = fixture.connect()) {
                client.send(first, "x".repeat(100));
                client.send(RawClient.TEXT, "behind");
                client.awaitEnd();
            }
        }
        try (RawClient client = fixture.connect()) {
            client.send(RawClient.TEXT, "x".repeat(2000));
            client.awaitEnd();
        }
    }

    private static void leaveInTheMiddle(TransportFixture fixture) throws Exception {
        RawClient client = fixture.connect();
        Peer peer = fixture.peer(5);
        client.send(RawClient.TEXT_BEGIN, "unfinished");
        client.sendRaw(new byte[] {RawClient.CONTINUATION, (byte) 0xFE, 1});
        client.socket.setSoLinger(true, 0);
        client.end();
        peer.awaitClosed(1006);
        peer.onLoop(connection -> connection.send(TransportFixture.frame("{}")));
    }

    private static void neverRead(TransportFixture fixture) throws Exception {
        try (RawClient client = fixture.openSmall()) {
            client.upgrade();
            Peer peer = fixture.peer(6);
            // More than the kernel buffers for both ends, whatever it tunes them to.
            peer.onLoop(connection -> {
                for (int i = 0; i < 500; i++) {
                    connection.write(TransportFixture.frame("x".repeat(64 * 1024)));
                    connection.flush();
                }
                connection.close(CloseCode.SLOW_CONSUMER, 0);
            });
            peer.awaitClosed(4002);
        }
    }

    /** Once this one is reported, all that was lost before it has been, too. */
    private void awaitReportOfABufferLost(String purpose) {
        AtomicInteger tries = new AtomicInteger();
        Await.until(
                () -> {
                    if (tries.getAndIncrement() == 0) {
                        lose(purpose);
                    }
                    System.gc();
                    PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
                    return reports.texts.stream().anyMatch(text -> text.contains(purpose));
                },
                () -> "reports=" + List.copyOf(reports.texts));
    }

    private static void lose(String purpose) {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).touch(purpose);
    }
}
