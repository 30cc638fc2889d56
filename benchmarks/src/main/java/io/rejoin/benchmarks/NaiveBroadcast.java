package io.rejoin.benchmarks;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What one would write without Rejoin: one Vert.x server that sends every publish to every socket with {@code writeTextMessage}. It
 * speaks just enough of the protocol for {@link FanOutClient}, keeps nothing, and skips sockets that are full.
 */
final class NaiveBroadcast {

    private static final String EPOCH = "naive";

    private final List<ServerWebSocket> sockets = new ArrayList<>();
    private long offset;

    private NaiveBroadcast() {}

    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
        NaiveBroadcast broadcast = new NaiveBroadcast();
        vertx.createHttpServer(new HttpServerOptions().addWebSocketSubProtocol("rejoin.v1.json"))
                .webSocketHandler(broadcast::serve)
                .listen(0, "127.0.0.1")
                .onSuccess(server -> out.println(ChildJvm.MARK + "listening " + server.actualPort()))
                .onFailure(fault -> {
                    out.println(ChildJvm.MARK + "failed " + fault);
                    System.exit(1);
                });
    }

    private void serve(ServerWebSocket socket) {
        socket.textMessageHandler(text -> receive(socket, new JsonObject(text)));
        socket.closeHandler(v -> sockets.remove(socket));
        socket.exceptionHandler(fault -> sockets.remove(socket));
    }

    private void receive(ServerWebSocket socket, JsonObject frame) {
        switch (frame.getString("type")) {
            case "hello" -> {
                if (!frame.getJsonArray("rooms").isEmpty()) {
                    sockets.add(socket);
                }
                write(socket, new JsonObject().put("type", "welcome").encode());
            }
            case "publish" -> publish(socket, frame);
            default -> {
                // A sign of life.
            }
        }
    }

    private void publish(ServerWebSocket from, JsonObject frame) {
        JsonObject position = new JsonObject().put("epoch", EPOCH).put("offset", ++offset);
        String publication = new JsonObject()
                .put("type", "publication")
                .put("room", frame.getString("room"))
                .put("offset", offset)
                .put("time", System.currentTimeMillis())
                .put("data", frame.getValue("data"))
                .put("publisher", "0123456789abcdef")
                .put("number", frame.getLong("number"))
                .encode();
        for (ServerWebSocket socket : sockets) {
            if (!socket.writeQueueFull()) {
                write(socket, publication);
            }
        }
        write(
                from,
                new JsonObject()
                        .put("type", "ack")
                        .put("room", frame.getString("room"))
                        .put("number", frame.getLong("number"))
                        .put("position", position)
                        .encode());
    }

    private static void write(ServerWebSocket socket, String text) {
        // A socket that fails is taken out by its close.
        socket.writeTextMessage(text).onFailure(fault -> {});
    }
}
