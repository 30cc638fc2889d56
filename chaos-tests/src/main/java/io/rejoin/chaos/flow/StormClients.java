package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A process full of clients. It is told what to do on its standard input, a word per line, and answers each with a line of JSON:
 * {@code state}, {@code take} (what was counted since the last time), {@code quiesce} (publish nothing more), {@code offsets} and {@code
 * end}.
 *
 * <p>Threading: the main thread reads, the loop does. Failure: it ends with its standard input.
 */
public final class StormClients {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long PING_NANOS = NANOS_PER_SECOND / 4;
    /** Every so many-th client pings. */
    private static final int PINGING = 20;

    private static final PrintStream OUT = System.out;

    private final FlowLoop loop;
    private final StormTally tally = new StormTally();
    private final List<StormMember> members = new ArrayList<>();
    private final List<StormMember> publishers = new ArrayList<>();
    private boolean publishing = true;

    private StormClients(FlowLoop loop) {
        this.loop = loop;
    }

    /**
     * Runs the clients of one process.
     *
     * @param args endpoints {@code name=host:port,…}; how many clients; rooms {@code from-to}, of which the first client of each
     *     publishes when this process is the room's; publishes per second and room, 0 when it has no publishers; connects per second; seed
     */
    public static void main(String[] args) throws IOException {
        List<Endpoint> endpoints = Arrays.stream(args[0].split(",", -1))
                .map(StormClients::endpoint)
                .toList();
        int count = Integer.parseInt(args[1]);
        int rooms = Integer.parseInt(args[2]);
        double rate = Double.parseDouble(args[3]);
        int connectsPerSecond = Integer.parseInt(args[4]);
        Random random = new Random(Long.parseLong(args[5]));
        try (FlowLoop loop = new FlowLoop()) {
            StormClients clients = new StormClients(loop);
            loop.run(() -> clients.make(endpoints, count, rooms, rate, connectsPerSecond, random));
            clients.obey(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        }
    }

    private static Endpoint endpoint(String text) {
        int equal = text.indexOf('=');
        int colon = text.lastIndexOf(':');
        return new Endpoint(
                text.substring(0, equal),
                text.substring(equal + 1, colon),
                Integer.parseInt(text.substring(colon + 1)));
    }

    private void make(
            List<Endpoint> endpoints, int count, int rooms, double rate, int connectsPerSecond, Random random) {
        for (int i = 0; i < count; i++) {
            StormMember member =
                    new StormMember(loop, endpoints, "storm-" + i % rooms, new Random(random.nextLong()), tally);
            members.add(member);
            loop.after(NANOS_PER_SECOND * i / connectsPerSecond, member::start);
            if (i % PINGING == 0) {
                loop.every(PING_NANOS, () -> {
                    member.ping();
                    return true;
                });
            }
            if (rate > 0 && i < rooms) {
                publishers.add(member);
                long period = (long) (NANOS_PER_SECOND / rate);
                loop.after(
                        (long) (random.nextDouble() * period),
                        () -> loop.every(period, () -> {
                            if (publishing && member.offset() >= 0) {
                                member.publish();
                            }
                            return publishing;
                        }));
            }
        }
    }

    private void obey(BufferedReader in) throws IOException {
        for (String word = in.readLine(); word != null && !word.equals("end"); word = in.readLine()) {
            String told = word;
            OUT.println(loop.call(() -> answer(told)).encode());
        }
    }

    private JsonObject answer(String word) {
        return switch (word) {
            case "state" -> state();
            case "take" -> {
                members.forEach(StormMember::markUndisturbed);
                yield tally.take();
            }
            case "quiesce" -> {
                publishing = false;
                yield state();
            }
            case "offsets" -> offsets();
            default ->
                throw new IllegalArgumentException("word=" + word + " (expected: state, take, quiesce, offsets)");
        };
    }

    private JsonObject state() {
        List<String> faults = members.stream()
                .flatMap(member -> member.faults().stream())
                .limit(32)
                .toList();
        return new JsonObject()
                .put("clients", members.size())
                .put("welcome", members.stream().filter(StormMember::isWelcome).count())
                .put(
                        "unsettled",
                        publishers.stream().filter(each -> !each.isSettled()).count())
                .put(
                        "published",
                        publishers.stream().mapToLong(StormMember::published).sum())
                .put("faults", new JsonArray(faults))
                .put(
                        "waiting",
                        new JsonArray(members.stream()
                                .filter(member -> !member.isWelcome())
                                .limit(4)
                                .map(StormMember::state)
                                .toList()));
    }

    /** Lowest and highest offset that members of each room stand at, and what its publisher has published. */
    private JsonObject offsets() {
        Map<String, List<StormMember>> byRoom =
                members.stream().collect(Collectors.groupingBy(StormMember::room, TreeMap::new, Collectors.toList()));
        JsonObject told = new JsonObject();
        byRoom.forEach((room, all) -> told.put(
                room,
                new JsonObject()
                        .put(
                                "lowest",
                                all.stream()
                                        .mapToLong(StormMember::offset)
                                        .min()
                                        .orElse(-1))
                        .put(
                                "highest",
                                all.stream()
                                        .mapToLong(StormMember::offset)
                                        .max()
                                        .orElse(-1))));
        publishers.forEach(publisher -> told.getJsonObject(publisher.room()).put("published", publisher.published()));
        return told;
    }
}
