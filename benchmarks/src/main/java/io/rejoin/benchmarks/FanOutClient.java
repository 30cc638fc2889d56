package io.rejoin.benchmarks;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * The client program of {@link FanOutBenchmark}: many sockets in one room, and one more that publishes at a rate.
 *
 * <p>Arguments: host, port, sockets, publishes per second, seconds to warm up, seconds to measure. It tells its parent when the
 * measurement starts and ends, so that the CPU time of the server is taken over the same time.
 *
 * <p>Threading: event loop; everything runs on one.
 */
final class FanOutClient {

    private static final int PAYLOAD_BYTES = 128;
    private static final int CONNECTING = 50;
    private static final int MAX_INFLIGHT = 200;
    private static final int SAMPLED = 10;
    private static final long LIFE_SIGN_MS = 8_000;
    private static final String ROOM = "fan-out";

    private final Vertx vertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
    private final NetClient net = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    private final List<FanOutSocket> members = new ArrayList<>();
    private final Histogram latency = Histograms.create();
    private final String host;
    private final int port;
    private final int sockets;
    private final int rate;
    private final long warmUpMs;
    private final long measureMs;
    private int asked;
    private int welcomed;
    private long number;
    private long held;
    private double due;
    private long tickedAt;

    private FanOutClient(String[] args) {
        host = args[0];
        port = Integer.parseInt(args[1]);
        sockets = Integer.parseInt(args[2]);
        rate = Integer.parseInt(args[3]);
        warmUpMs = Long.parseLong(args[4]) * 1_000;
        measureMs = Long.parseLong(args[5]) * 1_000;
    }

    public static void main(String[] args) {
        FanOutClient client = new FanOutClient(args);
        client.vertx.runOnContext(v -> {
            for (int i = 0; i < CONNECTING; i++) {
                client.connectNext();
            }
        });
    }

    private void connectNext() {
        if (asked++ >= sockets) {
            return;
        }
        connect("{\"type\":\"hello\",\"rooms\":[{\"room\":\"" + ROOM + "\"}]}", "publication\"", socket -> {
            members.add(socket);
            if (++welcomed == sockets) {
                connect("{\"type\":\"hello\",\"rooms\":[]}", "\"ack", this::run);
            } else {
                connectNext();
            }
        });
    }

    private void connect(String hello, String counted, Consumer<FanOutSocket> then) {
        net.connect(port, host).onFailure(this::fail).onSuccess(tcp -> {
            FanOutSocket[] self = new FanOutSocket[1];
            self[0] = new FanOutSocket(tcp, counted, () -> then.accept(self[0]));
            self[0].onClosed(() -> fail(new IllegalStateException("a socket was closed")));
            self[0].open(host, port, hello);
        });
    }

    private void run(FanOutSocket publisher) {
        tickedAt = System.nanoTime();
        vertx.setPeriodic(1, t -> tick(publisher));
        vertx.setPeriodic(LIFE_SIGN_MS, t -> {
            publisher.send("{\"type\":\"pong\",\"time\":0}");
            members.forEach(member -> member.send("{\"type\":\"pong\",\"time\":0}"));
        });
        vertx.setTimer(warmUpMs, t -> measure());
    }

    private void measure() {
        members.subList(0, Math.min(SAMPLED, members.size())).forEach(member -> member.measure(latency));
        long published = number;
        long before = deliveries();
        long heldBefore = held;
        long cpuBefore = cpuMillis();
        long start = System.nanoTime();
        out.println(ChildJvm.MARK + "start");
        vertx.setTimer(measureMs, t -> {
            out.println(ChildJvm.MARK + "end " + (System.nanoTime() - start) + ' ' + (number - published) + ' '
                    + (deliveries() - before) + ' ' + (held - heldBefore) + ' ' + (cpuMillis() - cpuBefore) + ' '
                    + Histograms.encode(latency));
            System.exit(0);
        });
    }

    /** Sends what is due by the clock; what the bound on unanswered publishes holds back is counted, not sent later. */
    private void tick(FanOutSocket publisher) {
        long now = System.nanoTime();
        due += (now - tickedAt) * (double) rate / TimeUnit.SECONDS.toNanos(1);
        tickedAt = now;
        for (; due >= 1; due--) {
            if (number - publisher.count() >= MAX_INFLIGHT) {
                held++;
                continue;
            }
            String head = "sentAt=" + System.nanoTime() + " ";
            publisher.send("{\"type\":\"publish\",\"room\":\"" + ROOM + "\",\"number\":" + ++number + ",\"data\":\""
                    + head + "x".repeat(PAYLOAD_BYTES - 2 - head.length()) + "\"}");
        }
    }

    private long deliveries() {
        long sum = 0;
        for (FanOutSocket member : members) {
            sum += member.count();
        }
        return sum;
    }

    private static long cpuMillis() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toMillis();
    }

    private void fail(Throwable fault) {
        out.println(ChildJvm.MARK + "failed " + fault);
        System.exit(1);
    }
}
