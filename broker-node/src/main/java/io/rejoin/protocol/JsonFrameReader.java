package io.rejoin.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of one message and tells the sink what each is.
 *
 * <p>Elements are told as they are read: those in front of a fault have been told when it is found.
 *
 * <p>Threading: confined to one decode.
 *
 * @see <a href="docs/protocol.md">FR, framing</a>
 */
final class JsonFrameReader {

    private static final int REASON_CHARS = 100;
    private static final String TYPES = "hello, join, leave, publish, history, refresh, ping, pong or bye";

    private final JsonParser parser;
    private final JsonValues values;
    private final FrameSink sink;
    private boolean helloDue;

    JsonFrameReader(JsonParser parser, JsonValues values, boolean helloDue, FrameSink sink) {
        this.parser = parser;
        this.values = values;
        this.helloDue = helloDue;
        this.sink = sink;
    }

    /**
     * Reads the message up to its end or the first violation.
     *
     * @throws IOException when the text is not JSON or too deep
     */
    void read() throws IOException {
        boolean complete = parser.nextToken() == JsonToken.START_ARRAY ? readArray() : readElement();
        if (complete && parser.nextToken() != null) {
            violation("text behind the message's value");
        }
    }

    private boolean readArray() throws IOException {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (!readElement()) {
                return false;
            }
        }
        return true;
    }

    /** Reads one element; false after a violation. */
    private boolean readElement() throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return violation("frame is no object");
        }
        JsonMembers members = JsonMembers.read(values);
        String type = members.type();
        if (type == null) {
            return violation("type is missing or no string");
        }
        if (helloDue) {
            return readFirst(type, members);
        }
        readNext(type, members);
        return true;
    }

    private boolean readFirst(String type, JsonMembers members) {
        if (!type.equals("hello")) {
            return violation("first frame is no hello");
        }
        ClientFrame.Hello hello;
        try {
            hello = members.hello();
        } catch (JsonFault fault) {
            return violation(fault.text());
        }
        helloDue = false;
        sink.onFrame(hello);
        return true;
    }

    private void readNext(String type, JsonMembers members) {
        ClientFrame frame;
        try {
            frame = frame(type, members);
        } catch (JsonFault fault) {
            sink.onRejection(badRequest(type, members, fault));
            return;
        }
        if (frame == null) {
            sink.onRejection(unknownType(type, members));
        } else {
            sink.onFrame(frame);
        }
    }

    private static @Nullable ClientFrame frame(String type, JsonMembers members) throws JsonFault {
        return switch (type) {
            case "hello" -> members.hello();
            case "join" -> members.join();
            case "leave" -> members.leave();
            case "publish" -> members.publish();
            case "history" -> members.history();
            case "refresh" -> members.refresh();
            case "ping" -> new ClientFrame.Ping(members.time());
            case "pong" -> new ClientFrame.Pong(members.time());
            case "bye" -> new ClientFrame.Bye();
            default -> null;
        };
    }

    private static Rejection badRequest(String type, JsonMembers members, JsonFault fault) {
        boolean request = switch (type) {
            case "join", "leave", "publish", "history", "refresh" -> true;
            default -> false;
        };
        return new Rejection(
                request ? members.usableRef() : null,
                request ? members.usableRoom() : null,
                type.equals("publish") ? members.usableNumber() : 0,
                ErrorCode.BAD_REQUEST,
                fault.text());
    }

    private static Rejection unknownType(String type, JsonMembers members) {
        String message = "type=" + LogText.printable(type) + " (expected: " + TYPES + ")";
        return new Rejection(members.usableRef(), null, 0, ErrorCode.UNKNOWN_TYPE, message);
    }

    private boolean violation(String reason) {
        sink.onViolation(CloseCode.BAD_PROTOCOL, LogText.ascii(reason, REASON_CHARS));
        return false;
    }
}
