package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.EncodedFrame;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeartbeatTest {

    private static final long INTERVAL = 1000;
    private static final long TIMEOUT = 500;

    private final ManualLoop loop = new ManualLoop();
    private int encodings;
    private final Heartbeat heartbeat = new Heartbeat(
            loop,
            () -> loop.nowMs,
            () -> Instant.ofEpochMilli(7_000_000 + loop.nowMs),
            this::ping,
            Duration.ofMillis(INTERVAL),
            Duration.ofMillis(TIMEOUT));

    private EncodedFrame ping(long timeMs) {
        encodings++;
        return new EncodedFrame(Long.toString(timeMs).getBytes(StandardCharsets.US_ASCII));
    }

    /** A loop whose time a test moves. */
    private static final class ManualLoop implements EventLoop {
        private record Task(long atMs, Runnable task) {}

        private final PriorityQueue<Task> tasks = new PriorityQueue<>(Comparator.comparingLong(Task::atMs));
        private long nowMs = 5;

        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(new Task(nowMs, task));
        }

        @Override
        public Cancellation schedule(Duration delay, Runnable task) {
            Task scheduled = new Task(nowMs + delay.toMillis(), task);
            tasks.add(scheduled);
            return () -> tasks.remove(scheduled);
        }

        void advance(long millis) {
            long until = nowMs + millis;
            while (!tasks.isEmpty() && tasks.peek().atMs() <= until) {
                Task next = tasks.remove();
                nowMs = Math.max(nowMs, next.atMs());
                next.task().run();
            }
            nowMs = until;
        }

        /** Time passes, but the loop runs nothing. */
        void stall(long millis) {
            nowMs += millis;
        }
    }

    private class Client implements Heartbeat.Heart {
        private final List<Long> beatsMs = new ArrayList<>();
        private final List<Long> silentMs = new ArrayList<>();
        private boolean answers = true;
        private long heardMs = loop.nowMs;

        @Override
        public long lastHeardMs() {
            return heardMs;
        }

        @Override
        public void beat(EncodedFrame ping, long timeMs) {
            beatsMs.add(loop.nowMs);
            assertThat(new String(ping.message(), StandardCharsets.US_ASCII)).isEqualTo(Long.toString(timeMs));
            assertThat(timeMs).isEqualTo(7_000_000 + loop.nowMs);
            if (answers) {
                heardMs = loop.nowMs;
            }
        }

        @Override
        public void silent() {
            silentMs.add(loop.nowMs);
        }
    }

    @Test
    void pingsEveryInterval() {
        heartbeat.start();
        Client client = new Client();
        heartbeat.join(client);

        loop.advance(10_200);

        assertThat(client.beatsMs).hasSizeBetween(9, 10);
        assertThat(client.silentMs).isEmpty();
        for (int i = 1; i < client.beatsMs.size(); i++) {
            assertThat(client.beatsMs.get(i) - client.beatsMs.get(i - 1)).isBetween(INTERVAL, INTERVAL + 20);
        }
    }

    @Test
    void findsSilenceOnceAndInTime() {
        heartbeat.start();
        Client client = new Client();
        client.answers = false;
        heartbeat.join(client);

        loop.advance(20_000);

        assertThat(client.silentMs)
                .singleElement()
                .satisfies(at -> assertThat(at - 5).isBetween(INTERVAL + TIMEOUT, INTERVAL + TIMEOUT + 20));
    }

    @Test
    void findsSilenceThatBeginsLaterInTime() {
        heartbeat.start();
        Client client = new Client();
        heartbeat.join(client);
        loop.advance(3_300);
        client.answers = false;
        client.heardMs = loop.nowMs;
        long from = loop.nowMs;

        loop.advance(20_000);

        assertThat(client.silentMs)
                .singleElement()
                .satisfies(at -> assertThat(at - from).isBetween(INTERVAL + TIMEOUT, INTERVAL + TIMEOUT + 20));
    }

    @ParameterizedTest
    @ValueSource(longs = {250, 1_000, 3_700, 10_000})
    void pingsAtTheIntervalOfTheConnection(long interval) {
        heartbeat.start();
        Client client = new Client();
        Heartbeat.Place place = heartbeat.join(client);
        loop.advance(730);
        client.heardMs = loop.nowMs;

        place.pingEvery(Duration.ofMillis(interval));
        loop.advance(interval * 10 + 200);

        assertThat(client.beatsMs).hasSizeBetween(9, 11);
        assertThat(client.silentMs).isEmpty();
        for (int i = 1; i < client.beatsMs.size(); i++) {
            assertThat(client.beatsMs.get(i) - client.beatsMs.get(i - 1)).isBetween(interval, interval + 20);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {250, 1_000, 3_700, 10_000})
    void findsSilenceAfterTheIntervalOfTheConnection(long interval) {
        heartbeat.start();
        Client client = new Client();
        client.answers = false;
        Heartbeat.Place place = heartbeat.join(client);

        place.pingEvery(Duration.ofMillis(interval));
        loop.advance(60_000);

        assertThat(client.silentMs)
                .singleElement()
                .satisfies(at -> assertThat(at - 5).isBetween(interval + TIMEOUT, interval + TIMEOUT + 20));
    }

    @Test
    void encodesOnePingForAllOfABucket() {
        heartbeat.start();
        for (int i = 0; i < 50; i++) {
            heartbeat.join(new Client());
        }

        loop.advance(1_100);

        assertThat(encodings).isEqualTo(1);
    }

    @Test
    void forgetsWhoLeft() {
        heartbeat.start();
        Client client = new Client();
        client.answers = false;
        Heartbeat.Place place = heartbeat.join(client);

        place.leave();
        loop.advance(5_000);

        assertThat(client.beatsMs).isEmpty();
        assertThat(client.silentMs).isEmpty();
    }

    @Test
    void survivesThatAHeartTakesAnotherOff() {
        heartbeat.start();
        List<Heartbeat.Place> places = new ArrayList<>();
        Client victim = new Client();
        Client killer = new Client() {
            @Override
            public void beat(EncodedFrame ping, long timeMs) {
                super.beat(ping, timeMs);
                places.forEach(Heartbeat.Place::leave);
            }
        };
        places.add(heartbeat.join(killer));
        places.add(heartbeat.join(victim));

        loop.advance(5_000);

        assertThat(killer.beatsMs).hasSize(1);
        assertThat(victim.beatsMs).isEmpty();
        assertThat(victim.silentMs).isEmpty();
    }

    @Test
    void visitsEverybodyAfterALongStall() {
        heartbeat.start();
        Client client = new Client();
        client.answers = false;
        heartbeat.join(client);

        loop.stall(60_000);
        loop.advance(20);

        assertThat(client.silentMs).hasSize(1);
    }

    @Test
    void doesNothingOnceStopped() {
        heartbeat.start();
        Client client = new Client();
        heartbeat.join(client);

        heartbeat.stop();
        loop.advance(5_000);

        assertThat(client.beatsMs).isEmpty();
    }
}
