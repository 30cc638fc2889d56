package io.rejoin.protocol;

import io.rejoin.protocol.ClientFrame.RoomRequest;
import io.rejoin.protocol.ClientFrame.SessionClaim;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.Joined;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.protocol.ServerFrame.Published;
import io.rejoin.testing.JsonTree;
import io.rejoin.testing.JsonTree.Num;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Frames made of JSON trees, the way the contract's tables read.
 *
 * <p>Payloads and refs are written anew without white space.
 */
final class FrameTrees {

    private FrameTrees() {}

    static ClientFrame client(Map<String, Object> tree) {
        return switch ((String) tree.get("type")) {
            case "hello" -> hello(tree);
            case "join" -> new ClientFrame.Join(ref(tree), roomRequest(tree));
            case "leave" -> new ClientFrame.Leave(ref(tree), room(tree));
            case "publish" -> publish(tree);
            case "history" ->
                new ClientFrame.History(
                        ref(tree),
                        room(tree),
                        position(tree, "after"),
                        tree.containsKey("limit") ? (int) number(tree, "limit") : 100);
            case "refresh" -> new ClientFrame.Refresh(ref(tree), text(tree, "token"));
            case "ping" -> new ClientFrame.Ping(number(tree, "time"));
            case "pong" -> new ClientFrame.Pong(number(tree, "time"));
            case "bye" -> new ClientFrame.Bye();
            default -> throw new IllegalArgumentException("type=" + tree.get("type"));
        };
    }

    private static ClientFrame hello(Map<String, Object> tree) {
        Map<String, Object> session = object(tree, "session");
        Map<String, Object> client = object(tree, "client");
        Map<String, Object> heartbeat = object(tree, "heartbeat");
        return new ClientFrame.Hello(
                text(tree, "token"),
                session == null
                        ? null
                        : new SessionClaim(text(session, "id"), text(session, "secret"), number(session, "attempt")),
                objects(tree, "rooms").stream().map(FrameTrees::roomRequest).toList(),
                client == null ? null : text(client, "name") + " " + text(client, "version"),
                heartbeat == null ? 0 : number(heartbeat, "interval"));
    }

    private static RoomRequest roomRequest(Map<String, Object> tree) {
        return new RoomRequest(
                room(tree),
                position(tree, "position"),
                (int) number(tree, "history"),
                "latest".equals(tree.get("delivery")));
    }

    private static ClientFrame publish(Map<String, Object> tree) {
        Payload data = tree.containsKey("data") ? payload(tree) : null;
        if ("ephemeral".equals(tree.get("class"))) {
            return new ClientFrame.PublishEphemeral(ref(tree), room(tree), data, text(tree, "key"));
        }
        return new ClientFrame.Publish(
                ref(tree), room(tree), number(tree, "number"), number(tree, "first"), data, text(tree, "key"));
    }

    /** The frame with payload and ref written anew, so that frames read from differently written JSON are equal. */
    static ClientFrame normal(ClientFrame frame) {
        if (frame instanceof ClientFrame.Publish p) {
            return new ClientFrame.Publish(normal(p.ref()), p.room(), p.number(), p.first(), normal(p.data()), p.key());
        }
        if (frame instanceof ClientFrame.PublishEphemeral p) {
            return new ClientFrame.PublishEphemeral(normal(p.ref()), p.room(), normal(p.data()), p.key());
        }
        if (frame instanceof ClientFrame.Join join) {
            return new ClientFrame.Join(normal(join.ref()), join.request());
        }
        if (frame instanceof ClientFrame.Leave leave) {
            return new ClientFrame.Leave(normal(leave.ref()), leave.room());
        }
        if (frame instanceof ClientFrame.Refresh r) {
            return new ClientFrame.Refresh(normal(r.ref()), r.token());
        }
        if (frame instanceof ClientFrame.History h) {
            return new ClientFrame.History(normal(h.ref()), h.room(), h.after(), h.limit());
        }
        return frame;
    }

    private static Payload normal(Payload data) {
        return data == null ? null : Payload.ofJson(JsonTree.render(JsonTree.parse(text(data))));
    }

    static Ref normal(Ref ref) {
        return ref == null ? null : new Ref(JsonTree.render(JsonTree.parse(ref.json())));
    }

    static String text(Payload data) {
        return new String(data.json(), java.nio.charset.StandardCharsets.UTF_8);
    }

    static ServerFrame server(Map<String, Object> tree) {
        return switch ((String) tree.get("type")) {
            case "welcome" -> welcome(tree);
            case "joined" -> joined(tree);
            case "publication" -> published(tree);
            case "gap" -> new ServerFrame.Gap(room(tree), gap(tree), position(tree, "position"));
            case "ack" ->
                new ServerFrame.Ack(ref(tree), room(tree), number(tree, "number"), position(tree, "position"));
            case "left" -> new ServerFrame.Left(ref(tree), room(tree), tree.containsKey("code") ? code(tree) : null);
            case "history" -> history(tree);
            case "refreshed" -> new ServerFrame.Refreshed(ref(tree), number(tree, "refreshAfter"));
            case "ping" -> new ServerFrame.Ping(number(tree, "time"));
            case "pong" -> new ServerFrame.Pong(number(tree, "time"));
            case "goaway" ->
                new ServerFrame.GoAway(number(tree, "after"), number(tree, "deadline"), (String) tree.get("reason"));
            case "error" ->
                new ServerFrame.Failure(
                        ref(tree),
                        text(tree, "room"),
                        number(tree, "number"),
                        code(tree),
                        text(tree, "message"),
                        number(tree, "retryAfter"),
                        number(tree, "expected"));
            default -> throw new IllegalArgumentException("type=" + tree.get("type"));
        };
    }

    private static ServerFrame welcome(Map<String, Object> tree) {
        Map<String, Object> session = object(tree, "session");
        Map<String, Object> heartbeat = object(tree, "heartbeat");
        Map<String, Object> limits = object(tree, "limits");
        return new ServerFrame.Welcome(
                text(session, "id"),
                text(session, "secret"),
                new PublisherId(text(session, "publisher")),
                (Boolean) session.get("resumed"),
                number(session, "window"),
                text(tree, "node"),
                number(heartbeat, "interval"),
                number(heartbeat, "timeout"),
                new Limits((int) number(limits, "message"), (int) number(limits, "rooms"), (int)
                        number(limits, "inflight")),
                number(tree, "refreshAfter"),
                objects(tree, "rooms").stream().map(FrameTrees::joined).toList());
    }

    private static Joined joined(Map<String, Object> tree) {
        return new Joined(ref(tree), room(tree), joinedResult(tree));
    }

    private static JoinedResult joinedResult(Map<String, Object> tree) {
        Map<String, Object> error = object(tree, "error");
        if (error != null) {
            return new JoinedResult.Failed(code(error), text(error, "message"), number(error, "retryAfter"));
        }
        Position position = position(tree, "position");
        return switch ((String) tree.get("outcome")) {
            case "live" -> new JoinedResult.Live(position);
            case "resumed" -> new JoinedResult.Resumed(position);
            case "gap" -> new JoinedResult.Gapped(position, gap(object(tree, "gap")));
            default -> throw new IllegalArgumentException("outcome=" + tree.get("outcome"));
        };
    }

    private static Published published(Map<String, Object> tree) {
        String epoch = text(tree, "epoch");
        String from = text(tree, "from");
        String publisher = text(tree, "publisher");
        return new Published(
                room(tree),
                number(tree, "offset"),
                epoch == null ? null : Epoch.parse(epoch),
                number(tree, "time"),
                payload(tree),
                text(tree, "key"),
                from == null ? null : new UserId(from),
                publisher == null ? null : new PublisherId(publisher),
                number(tree, "number"));
    }

    private static ServerFrame history(Map<String, Object> tree) {
        return new ServerFrame.HistoryPage(
                ref(tree),
                room(tree),
                objects(tree, "publications").stream()
                        .map(FrameTrees::published)
                        .toList(),
                position(tree, "position"),
                (Boolean) tree.get("more"),
                tree.containsKey("gap") ? gap(object(tree, "gap")) : null);
    }

    private static GapRange gap(Map<String, Object> tree) {
        GapReason reason = Arrays.stream(GapReason.values())
                .filter(r -> r.text().equals(tree.get("reason")))
                .findFirst()
                .orElseThrow();
        return new GapRange(reason, number(tree, "from"), number(tree, "to"));
    }

    private static ErrorCode code(Map<String, Object> tree) {
        ErrorCode code = Arrays.stream(ErrorCode.values())
                .filter(c -> c.text().equals(tree.get("code")))
                .findFirst()
                .orElseThrow();
        if (tree.containsKey("retryable") && !tree.get("retryable").equals(code.isRetryable())) {
            throw new IllegalArgumentException("retryable of " + tree);
        }
        return code;
    }

    private static RoomId room(Map<String, Object> tree) {
        return new RoomId(text(tree, "room"));
    }

    private static Ref ref(Map<String, Object> tree) {
        return tree.containsKey("ref") ? new Ref(JsonTree.render(tree.get("ref"))) : null;
    }

    private static Payload payload(Map<String, Object> tree) {
        return Payload.ofJson(JsonTree.render(tree.get("data")));
    }

    private static Position position(Map<String, Object> tree, String name) {
        Map<String, Object> position = object(tree, name);
        if (position == null) {
            return null;
        }
        String epoch = text(position, "epoch");
        return new Position(epoch == null ? Epoch.NONE : Epoch.parse(epoch), number(position, "offset"));
    }

    private static String text(Map<String, Object> tree, String name) {
        return (String) tree.get(name);
    }

    private static long number(Map<String, Object> tree, String name) {
        return tree.containsKey(name) ? ((Num) tree.get(name)).asLong() : 0;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Map<String, Object> tree, String name) {
        return (Map<String, Object>) tree.get(name);
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> objects(Map<String, Object> tree, String name) {
        return tree.containsKey(name) ? (List<Map<String, Object>>) tree.get(name) : List.of();
    }
}
