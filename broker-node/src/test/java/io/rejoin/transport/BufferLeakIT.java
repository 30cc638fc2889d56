package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.rejoin.protocol.CloseCode;
import io.rejoin.testing.Await;
import io.rejoin.transport.TransportFixture.Peer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Counts on {@code -Dio.netty.leakDetection.level=PARANOID}, with which Netty reports every buffer that was collected unreleased. */
final class BufferLeakIT {

    private final Logger detector = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    private final Reports reports = new Reports();

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

    @Test
    void releasesWhatGoodAndBadClientsMakeItAllocate() throws Exception {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofSeconds(20), Duration.ofMillis(100));
        try (TransportFixture fixture = TransportFixture.start(impatient)) {
            // Connections 0, 1 to 4, 5, 6.
            talk(fixture);
            breakFrames(fixture);
            leaveInTheMiddle(fixture);
            neverRead(fixture);
        }

        awaitReportOfABufferLostOnPurpose();

        assertThat(reports.texts).singleElement().asString().contains("lost on purpose");
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
        try (RawClient client = RawClient.openSmall(fixture.server.port())) {
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
    private void awaitReportOfABufferLostOnPurpose() {
        AtomicInteger tries = new AtomicInteger();
        Await.until(
                () -> {
                    if (tries.getAndIncrement() == 0) {
                        lose();
                    }
                    System.gc();
                    PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
                    return reports.texts.stream().anyMatch(text -> text.contains("lost on purpose"));
                },
                () -> "reports=" + List.copyOf(reports.texts));
    }

    private static void lose() {
        PooledByteBufAllocator.DEFAULT.directBuffer(16).touch("lost on purpose");
    }
}
