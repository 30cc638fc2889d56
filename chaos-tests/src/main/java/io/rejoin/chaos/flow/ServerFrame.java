package io.rejoin.chaos.flow;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A frame of a node, or an object within one, as far as these clients want to know it. Payloads are skipped but for what the
 * publisher wrote into them to be measured by: {@code {"t":nanoseconds,"n":number,…}}.
 *
 * <p>Threading: confined to the loop.
 */
final class ServerFrame {

    private static final JsonFactory JSON = new JsonFactory();
    private static final long NONE = -1;

    String type = "";
    String room = "";
    /** Of a publication or a position; -1 when there is none. */
    long offset = NONE;
    /** The epoch told, else empty. */
    String epoch = "";

    String key = "";
    String code = "";
    String reason = "";
    String outcome = "";
    String id = "";
    String secret = "";
    boolean resumed;
    long from = NONE;
    long to = NONE;
    long number = NONE;
    long time = NONE;
    long retryAfter;
    /** Of a goaway: when to go. */
    long after;
    /** When the publisher sent it, by the clock of this machine. */
    long sentNanos;
    /** What the publisher counted. */
    long count = NONE;

    @Nullable
    ServerFrame position;

    @Nullable
    ServerFrame gap;

    @Nullable
    ServerFrame session;

    @Nullable
    ServerFrame error;

    List<ServerFrame> rooms = List.of();

    private ServerFrame() {}

    /** Takes a message apart. */
    static void read(byte[] bytes, int from, int length, Consumer<ServerFrame> each) {
        try (JsonParser json = JSON.createParser(bytes, from, length)) {
            if (json.nextToken() == JsonToken.START_ARRAY) {
                while (json.nextToken() == JsonToken.START_OBJECT) {
                    each.accept(object(json));
                }
            } else {
                each.accept(object(json));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("message of a node that is not JSON", e);
        }
    }

    private static ServerFrame object(JsonParser json) throws IOException {
        ServerFrame frame = new ServerFrame();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            frame.member(json, name, json.nextToken());
        }
        return frame;
    }

    private void member(JsonParser json, String name, JsonToken token) throws IOException {
        switch (token) {
            case VALUE_STRING -> text(json, name);
            case VALUE_NUMBER_INT -> integer(json, name);
            case VALUE_TRUE -> resumed |= name.equals("resumed");
            case START_OBJECT -> object(json, name);
            case START_ARRAY -> array(json, name);
            default -> {
                // Nothing that is asked for here has such a value.
            }
        }
    }

    private void text(JsonParser json, String name) throws IOException {
        switch (name) {
            case "type" -> type = json.getText();
            case "room" -> room = json.getText();
            case "epoch" -> epoch = json.getText();
            case "key" -> key = json.getText();
            case "code" -> code = json.getText();
            case "reason" -> reason = json.getText();
            case "outcome" -> outcome = json.getText();
            case "id" -> id = json.getText();
            case "secret" -> secret = json.getText();
            default -> {
                // Padding and what these clients do not use; the parser passes over it without making a text of it.
            }
        }
    }

    private void integer(JsonParser json, String name) throws IOException {
        switch (name) {
            case "offset" -> offset = json.getLongValue();
            case "from" -> from = json.getLongValue();
            case "to" -> to = json.getLongValue();
            case "number" -> number = json.getLongValue();
            case "time" -> time = json.getLongValue();
            case "retryAfter" -> retryAfter = json.getLongValue();
            case "after" -> after = json.getLongValue();
            case "t" -> sentNanos = json.getLongValue();
            case "n" -> count = json.getLongValue();
            default -> {
                // Not used here.
            }
        }
    }

    private void object(JsonParser json, String name) throws IOException {
        switch (name) {
            case "position" -> position = object(json);
            case "gap" -> gap = object(json);
            case "session" -> session = object(json);
            case "error" -> error = object(json);
            case "data" -> {
                ServerFrame data = object(json);
                sentNanos = data.sentNanos;
                count = data.count;
            }
            default -> json.skipChildren();
        }
    }

    private void array(JsonParser json, String name) throws IOException {
        if (!name.equals("rooms")) {
            json.skipChildren();
            return;
        }
        List<ServerFrame> all = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_OBJECT) {
            all.add(object(json));
        }
        rooms = all;
    }
}
