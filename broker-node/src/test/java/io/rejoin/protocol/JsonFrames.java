package io.rejoin.protocol;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.Joined;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.protocol.ServerFrame.Published;
import io.rejoin.testing.JsonTree;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Frames of every type, with every member that they may have, and the many ways to write the same JSON. */
final class JsonFrames {

    private static final long MAX = (1L << 53) - 1;

    private JsonFrames() {}

    static Arbitrary<String> texts(int max) {
        Arbitrary<Character> chars = Arbitraries.chars()
                .filter(c -> !Character.isSurrogate(c))
                .edgeCases(edges -> edges.add('"', '\\', '\n', '\u0000', '\u001f', '\u007f', 'é', '\u2028', '\uffff'));
        Arbitrary<String> plain = chars.list()
                .ofMaxSize(max)
                .map(list -> list.stream().map(String::valueOf).collect(Collectors.joining()));
        return Arbitraries.oneOf(
                plain,
                Arbitraries.strings().alpha().ofMaxLength(max),
                Arbitraries.of("", "\ud83d\ude00", "\"\\/\b\t\r\n\f"));
    }

    static Arbitrary<RoomId> rooms() {
        return Arbitraries.oneOf(
                Arbitraries.strings()
                        .withCharRange(' ', '~')
                        .ofMinLength(1)
                        .ofMaxLength(255)
                        .map(RoomId::new),
                Arbitraries.of("$x", "caf\u00e9/\"q\"\\", "\ud83d\ude00").map(RoomId::new));
    }

    static Arbitrary<Ref> refs() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(-MAX, MAX).map(number -> new Ref("" + number)),
                texts(64).map(text -> new Ref(JsonTree.quote(text))));
    }

    static Arbitrary<Long> numbers() {
        return Arbitraries.longs().between(1, MAX);
    }

    static Arbitrary<Long> times() {
        return Arbitraries.longs().between(0, MAX);
    }

    static Arbitrary<Epoch> epochs() {
        return Arbitraries.longs().between(1, Long.MAX_VALUE).map(Epoch::new);
    }

    static Arbitrary<Position> positions() {
        return Combinators.combine(epochs(), times()).as(Position::new);
    }

    /** Any JSON value of few levels, as a tree. */
    static Arbitrary<Object> trees() {
        Arbitrary<Object> scalars = Arbitraries.oneOf(
                texts(12).map(Object.class::cast),
                Arbitraries.of("0", "-0", "1.50", "-1e400", "1E-7", "123456789012345678901234567890")
                        .map(JsonTree.Num::new),
                Arbitraries.of(true, false, JsonTree.NULL));
        return Arbitraries.recursive(
                () -> scalars,
                inner -> Arbitraries.oneOf(
                        inner.list().ofMaxSize(3).map(Object.class::cast),
                        Arbitraries.maps(texts(5), inner).ofMaxSize(3).map(LinkedHashMap::new)),
                0,
                4);
    }

    static Arbitrary<Payload> payloads() {
        return trees().map(tree -> Payload.ofJson(JsonTree.render(tree)));
    }

    static Arbitrary<ServerFrame> serverFrames() {
        Arbitrary<ServerFrame> acks = Combinators.combine(
                        refs().injectNull(0.3), rooms(), numbers(), positions().injectNull(0.3))
                .as(ServerFrame.Ack::new);
        Arbitrary<ServerFrame> lefts = Combinators.combine(
                        refs().injectNull(0.3),
                        rooms(),
                        Arbitraries.of(ErrorCode.class).injectNull(0.5))
                .as(ServerFrame.Left::new);
        Arbitrary<ServerFrame> gaps =
                Combinators.combine(rooms(), gapRanges(), positions()).as(ServerFrame.Gap::new);
        Arbitrary<ServerFrame> failures = Combinators.combine(
                        refs().injectNull(0.3),
                        rooms().map(RoomId::name).injectNull(0.3),
                        times(),
                        Arbitraries.of(ErrorCode.class),
                        texts(40),
                        times(),
                        times())
                .as(ServerFrame.Failure::new);
        Arbitrary<ServerFrame> pages = Combinators.combine(
                        refs(),
                        rooms(),
                        published().list().ofMaxSize(4),
                        positions(),
                        Arbitraries.of(true, false),
                        gapRanges().injectNull(0.5))
                .as(ServerFrame.HistoryPage::new);
        return Arbitraries.oneOf(List.of(
                acks,
                lefts,
                gaps,
                failures,
                pages,
                published().map(ServerFrame.class::cast),
                joined().map(ServerFrame.class::cast),
                welcomes(),
                times().map(ServerFrame.Ping::new),
                times().map(ServerFrame.Pong::new),
                Combinators.combine(refs(), numbers()).as(ServerFrame.Refreshed::new)));
    }

    private static Arbitrary<ServerFrame> welcomes() {
        Arbitrary<Limits> limits = Combinators.combine(
                        Arbitraries.integers().greaterOrEqual(0),
                        Arbitraries.integers().greaterOrEqual(0),
                        Arbitraries.integers().greaterOrEqual(0))
                .as(Limits::new);
        return Combinators.combine(
                        texts(30).list().ofSize(4),
                        Arbitraries.of(true, false),
                        times().list().ofSize(4),
                        limits,
                        joined().list().ofMaxSize(3))
                .as((texts, resumed, times, bounds, rooms) -> new ServerFrame.Welcome(
                        texts.get(0),
                        texts.get(1),
                        new PublisherId(texts.get(2)),
                        resumed,
                        times.get(0),
                        texts.get(3),
                        times.get(1),
                        times.get(2),
                        bounds,
                        times.get(3),
                        rooms));
    }

    private static Arbitrary<Published> published() {
        return Combinators.combine(
                        rooms(),
                        times(),
                        epochs().injectNull(0.5),
                        times(),
                        payloads(),
                        texts(20).injectNull(0.5),
                        texts(20).map(UserId::new).injectNull(0.5),
                        texts(20).map(PublisherId::new).injectNull(0.5))
                .as((room, offset, epoch, time, data, key, from, publisher) ->
                        new Published(room, offset, epoch, time, data, key, from, publisher, offset / 2));
    }

    private static Arbitrary<GapRange> gapRanges() {
        return Combinators.combine(Arbitraries.of(GapReason.class), times(), times())
                .as(GapRange::new);
    }

    /** With a ref only where the contract has one: not beside an error. */
    private static Arbitrary<Joined> joined() {
        Arbitrary<JoinedResult> live = positions().map(JoinedResult.Live::new);
        Arbitrary<JoinedResult> resumed = positions().map(JoinedResult.Resumed::new);
        Arbitrary<JoinedResult> gapped =
                Combinators.combine(positions(), gapRanges()).as(JoinedResult.Gapped::new);
        Arbitrary<Joined> joined = Combinators.combine(
                        refs().injectNull(0.3), rooms(), Arbitraries.oneOf(List.of(live, resumed, gapped)))
                .as(Joined::new);
        Arbitrary<Joined> failed = Combinators.combine(rooms(), Arbitraries.of(ErrorCode.class), texts(30), times())
                .as((room, code, message, after) ->
                        new Joined(null, room, new JoinedResult.Failed(code, message, after)));
        return Arbitraries.oneOf(joined, failed);
    }

    /** Client frames as trees of what their tables allow. */
    static Arbitrary<Map<String, Object>> clientTrees() {
        Arbitrary<Object> room = rooms().map(RoomId::name);
        Arbitrary<Object> ref = refs().map(r -> JsonTree.parse(r.json()));
        Arbitrary<Object> number = num(numbers());
        Arbitrary<Object> position = Arbitraries.oneOf(
                Combinators.combine(epochs(), times())
                        .as((epoch, offset) -> object("epoch", epoch.toString(), "offset", num(offset))),
                Arbitraries.just(object("offset", num(0))));
        Arbitrary<Object> history = num(Arbitraries.longs().between(0, 1000));
        Arbitrary<Object> delivery = Arbitraries.of("all", "latest");
        Arbitrary<Object> key = texts(40).map(Object.class::cast);
        Arbitrary<Map<String, Object>> roomRequest =
                tree(Map.of("room", room), Map.of("position", position, "history", history, "delivery", delivery));
        Arbitrary<Object> session = Combinators.combine(texts(20), texts(20), numbers())
                .as((id, secret, attempt) -> object("id", id, "secret", secret, "attempt", num(attempt)));
        return Arbitraries.oneOf(List.of(
                tree(
                        type("hello"),
                        Map.of(
                                "token", texts(50).map(Object.class::cast),
                                "session", session,
                                "rooms", roomRequest.list().ofMaxSize(3).map(Object.class::cast),
                                "client", Arbitraries.just(object("name", "js", "version", "1")))),
                tree(
                        type("join", "room", room),
                        Map.of("ref", ref, "position", position, "history", history, "delivery", delivery)),
                tree(type("leave", "room", room), Map.of("ref", ref)),
                tree(
                        type("publish", "room", room, "number", number, "data", trees()),
                        Map.of(
                                "ref",
                                ref,
                                "key",
                                key,
                                "first",
                                Arbitraries.just(num(1)),
                                "class",
                                Arbitraries.just("durable"))),
                tree(
                        type("publish", "room", room, "number", number, "skip", Arbitraries.just(true)),
                        Map.of("ref", ref)),
                tree(
                        type("publish", "room", room, "data", trees(), "class", Arbitraries.just("ephemeral")),
                        Map.of("ref", ref, "key", key)),
                tree(
                        type("history", "room", room, "ref", ref),
                        Map.of(
                                "after",
                                position,
                                "limit",
                                num(Arbitraries.longs().between(1, 1000)))),
                tree(type("ping", "time", num(times())), Map.of()),
                tree(type("pong", "time", num(times())), Map.of()),
                tree(type("bye"), Map.of())));
    }

    private static Map<String, Arbitrary<Object>> type(String type, Object... members) {
        Map<String, Arbitrary<Object>> tree = new LinkedHashMap<>();
        tree.put("type", Arbitraries.just(type));
        for (int i = 0; i < members.length; i += 2) {
            @SuppressWarnings("unchecked")
            Arbitrary<Object> value = (Arbitrary<Object>) members[i + 1];
            tree.put((String) members[i], value);
        }
        return tree;
    }

    private static Arbitrary<Map<String, Object>> tree(
            Map<String, Arbitrary<Object>> required, Map<String, Arbitrary<Object>> optional) {
        List<String> names = new ArrayList<>(required.keySet());
        List<Arbitrary<Object>> values = new ArrayList<>(required.values());
        optional.forEach((name, value) -> {
            names.add(name);
            values.add(value.injectNull(0.5));
        });
        return Combinators.combine(values).as(chosen -> {
            Map<String, Object> tree = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                if (chosen.get(i) != null) {
                    tree.put(names.get(i), chosen.get(i));
                }
            }
            return tree;
        });
    }

    private static Map<String, Object> object(Object... members) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            object.put((String) members[i], members[i + 1]);
        }
        return object;
    }

    private static JsonTree.Num num(long number) {
        return new JsonTree.Num("" + number);
    }

    private static Arbitrary<Object> num(Arbitrary<Long> numbers) {
        return numbers.map(JsonFrames::num);
    }

    /** Writes a tree in one of its many forms: members in any order (but those of data), white space, escapes. */
    static String writeFreely(Object value, Random random) {
        return writeFreely(value, random, true);
    }

    private static String writeFreely(Object value, Random random, boolean shuffle) {
        String space = " \n\t\r".substring(0, random.nextInt(3));
        if (value instanceof Map<?, ?> object) {
            List<Map.Entry<?, ?>> members = new ArrayList<>(object.entrySet());
            if (shuffle) {
                Collections.shuffle(members, random);
            }
            return members.stream()
                    .map(m -> space + escapeFreely((String) m.getKey(), random) + space + ":"
                            + writeFreely(
                                    m.getValue(), random, shuffle && !m.getKey().equals("data")))
                    .collect(Collectors.joining(",", space + "{", space + "}"));
        }
        if (value instanceof List<?> array) {
            return array.stream()
                    .map(element -> writeFreely(element, random, shuffle) + space)
                    .collect(Collectors.joining(",", "[", "]" + space));
        }
        return value instanceof String text ? space + escapeFreely(text, random) : space + JsonTree.render(value);
    }

    private static String escapeFreely(String text, Random random) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean must = c < ' ' || c == '"' || c == '\\';
            boolean half = Character.isSurrogate(c);
            if (must || (!half && random.nextInt(8) == 0)) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
