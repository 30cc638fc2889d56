package io.rejoin.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.node.BrokerProcess;
import io.rejoin.chaos.node.ProcessCluster;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real node that was frozen until the others had removed it, and then wakes up. */
class ZombieIT {

    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final Duration STEP_LIMIT = Duration.ofSeconds(60);
    private static final int PUBLISHED = 10;
    private static final String MEMBERS = "rejoin_cluster_members";

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void answersNeitherJoinsNorPagesFromWhatItKnewBeforeItWasRemoved() throws Exception {
        Path logs = Files.createDirectories(Path.of("target", "chaos", "zombie"));
        try (ProcessCluster cluster = ProcessCluster.of(3, logs, Map.of())) {
            cluster.start(START_LIMIT);
            BrokerProcess frozen = cluster.nodes().get(0);
            BrokerProcess healthy = cluster.nodes().get(1);
            Probe old = Probe.open(frozen).orElseThrow();
            old.send("{\"type\":\"hello\",\"rooms\":[{\"room\":\"z\"}]}");
            assertThat(old.next("welcome")).isPresent();
            Probe publisher = Probe.open(healthy).orElseThrow();
            publisher.send("{\"type\":\"hello\"}");
            assertThat(publisher.next("welcome")).isPresent();
            publish(publisher, 1);

            frozen.freeze();
            await(
                    "the frozen node is removed",
                    () -> healthy.metric(MEMBERS) == 2,
                    () -> "members=" + healthy.metric(MEMBERS));
            for (int number = 2; number <= PUBLISHED; number++) {
                publish(publisher, number);
            }
            frozen.thaw();

            List<Long> joinedAt = new ArrayList<>();
            List<Integer> pages = new ArrayList<>();
            old.send("{\"type\":\"history\",\"ref\":1,\"room\":\"z\"}");
            old.next("history").ifPresent(page -> pages.add(size(page)));
            AtomicReference<String> lastAnswer = new AtomicReference<>("none");
            await(
                    "the woken node takes clients again",
                    () -> {
                        lastAnswer.set(ask(frozen, joinedAt, pages));
                        return !joinedAt.isEmpty() && healthy.metric(MEMBERS) == 3;
                    },
                    () -> "joined at=" + joinedAt + " pages=" + pages + " last answer=" + lastAnswer + " "
                            + cluster.nodes().stream().map(ZombieIT::describe).toList());

            assertThat(joinedAt).containsOnly((long) PUBLISHED);
            assertThat(pages).containsOnly(PUBLISHED);
        }
    }

    /**
     * Says hello and asks for a page; notes where it joined and what the page held, if it did and had one.
     *
     * @return everything that was answered, and how long that took
     */
    private static String ask(BrokerProcess node, List<Long> joinedAt, List<Integer> pages) {
        long startedAt = System.nanoTime();
        Optional<Probe> probe = Probe.open(node);
        probe.ifPresent(open -> {
            open.send("{\"type\":\"hello\",\"rooms\":[{\"room\":\"z\"}]}");
            open.send("{\"type\":\"history\",\"ref\":1,\"room\":\"z\"}");
            open.next("welcome").ifPresent(welcome -> {
                JsonObject joined = welcome.getJsonArray("rooms").getJsonObject(0);
                if (joined.containsKey("position")) {
                    joinedAt.add(joined.getJsonObject("position").getLong("offset"));
                }
                open.next("history").ifPresent(page -> pages.add(size(page)));
            });
            open.close();
        });
        Duration took = Duration.ofNanos(System.nanoTime() - startedAt);
        return probe.map(Probe::received).orElse("no connection") + " after " + took;
    }

    private static String describe(BrokerProcess node) {
        return node.name() + ": members=" + node.metric(MEMBERS) + " readyz=" + node.readiness();
    }

    private static int size(JsonObject page) {
        return page.getJsonArray("publications").size();
    }

    private static void publish(Probe publisher, int number) {
        publisher.send("{\"type\":\"publish\",\"room\":\"z\",\"number\":" + number + ",\"first\":" + number
                + ",\"data\":" + number + "}");
        assertThat(publisher.next("ack")).as("ack of number %s", number).isPresent();
    }

    private static void await(String what, BooleanSupplier condition, Supplier<String> seen) {
        long deadline = System.nanoTime() + STEP_LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as(() -> "not in time: " + what + "; " + seen.get())
                    .isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    /** One connection, spoken to by hand. */
    private static final class Probe implements WebSocket.Listener {

        private static final Duration LIMIT = Duration.ofSeconds(20);
        private static final String CLOSED = "closed";

        /** One for all: each has threads of its own, and a woken node is asked many times. */
        private static final HttpClient HTTP = HttpClient.newHttpClient();

        private final BlockingQueue<JsonObject> frames = new LinkedBlockingQueue<>();
        private final List<JsonObject> received = new CopyOnWriteArrayList<>();
        private final StringBuilder text = new StringBuilder();
        private @Nullable WebSocket socket;

        /** Connects; empty when the node does not let it. */
        static Optional<Probe> open(BrokerProcess node) {
            Probe probe = new Probe();
            try {
                probe.socket = HTTP.newWebSocketBuilder()
                        .subprotocols("rejoin.v1.json")
                        .connectTimeout(LIMIT)
                        .buildAsync(URI.create("ws://127.0.0.1:" + node.ports().client() + "/v1/connect"), probe)
                        .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
                return Optional.of(probe);
            } catch (ExecutionException | TimeoutException refused) {
                return Optional.empty();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(interrupted);
            }
        }

        void send(String message) {
            if (socket != null && !socket.isOutputClosed()) {
                socket.sendText(message, true).join();
            }
        }

        /** The next frame of a type; empty when the connection ends, or an error comes instead. */
        Optional<JsonObject> next(String type) {
            try {
                while (true) {
                    JsonObject frame = frames.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
                    if (frame == null || List.of(CLOSED, "error").contains(frame.getString("type"))) {
                        return Optional.empty();
                    }
                    if (type.equals(frame.getString("type"))) {
                        return Optional.of(frame);
                    }
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(interrupted);
            }
        }

        /** All that came so far. */
        String received() {
            return received.toString();
        }

        private void take(JsonObject frame) {
            received.add(frame);
            frames.add(frame);
        }

        void close() {
            if (socket != null) {
                socket.abort();
            }
        }

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                String message = text.toString();
                text.setLength(0);
                if (message.startsWith("[")) {
                    new JsonArray(message).forEach(frame -> take((JsonObject) frame));
                } else {
                    take(new JsonObject(message));
                }
            }
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            take(new JsonObject().put("type", CLOSED).put("code", code));
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            take(new JsonObject().put("type", CLOSED).put("cause", failure.toString()));
        }
    }
}
