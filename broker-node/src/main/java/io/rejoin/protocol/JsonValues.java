package io.rejoin.protocol;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rejoin.protocol.ClientFrame.RoomRequest;
import io.rejoin.protocol.ClientFrame.SessionClaim;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the value of one member of a client frame from a parser, checked against the contract's bounds.
 *
 * <p>The length of a text is looked at before a string is made of it, and a number's before it is parsed, so a value out of bounds costs
 * no memory. {@code data} is not parsed but copied out of the message.
 *
 * <p>Threading: confined to one decode.
 */
final class JsonValues {

    private static final long MAX_INTEGER = (1L << 53) - 1;
    private static final int MAX_INTEGER_DIGITS = 17;
    private static final int REF_CHARS = 64;
    private static final int KEY_BYTES = 128;
    private static final int EPOCH_CHARS = 64;
    private static final int WORD_CHARS = 16;
    private static final int TYPE_CHARS = 32;
    private static final int SESSION_CHARS = 256;
    private static final int CLIENT_CHARS = 64;
    private static final int MAX_PAGE = 1000;

    private final JsonParser parser;
    private final byte[] message;

    /**
     * Reads from a message.
     *
     * @param parser reads {@code message} from its first byte
     * @param message copied from, not kept
     */
    JsonValues(JsonParser parser, byte[] message) {
        this.parser = parser;
        this.message = message;
    }

    JsonParser parser() {
        return parser;
    }

    /**
     * Reads the member's value up to its end.
     *
     * @return the value, or the {@link JsonFault} that says why it cannot be used
     * @throws IOException when the text is not JSON or too deep
     */
    Object read(JsonMember member) throws IOException {
        try {
            return value(member);
        } catch (JsonFault fault) {
            return fault;
        }
    }

    private Object value(JsonMember member) throws IOException, JsonFault {
        return switch (member) {
            case TYPE -> cutText(member, TYPE_CHARS + 1);
            case REF -> ref(member);
            case ROOM -> room(member);
            case POSITION, AFTER -> position(member);
            case HISTORY -> integer(member, 0, MAX_PAGE);
            case LIMIT -> integer(member, 1, MAX_PAGE);
            case NUMBER, FIRST -> integer(member, 1, MAX_INTEGER);
            case TIME -> integer(member, 0, MAX_INTEGER);
            case DELIVERY -> word(member, "all", "latest");
            case CLASS -> word(member, "durable", "ephemeral");
            case DATA -> Payload.ofJson(rawValue());
            case SKIP -> skip(member);
            case KEY -> key(member);
            case TOKEN -> text(member, Integer.MAX_VALUE);
            case SESSION -> session(member);
            case ROOMS -> rooms(member);
            case CLIENT -> client(member);
            case HEARTBEAT -> heartbeat(member);
        };
    }

    private Ref ref(JsonMember member) throws IOException, JsonFault {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            text(member, REF_CHARS);
        } else {
            integer(member, -MAX_INTEGER, MAX_INTEGER);
        }
        return new Ref(new String(rawValue(), StandardCharsets.UTF_8));
    }

    private RoomId room(JsonMember member) throws IOException, JsonFault {
        String name = text(member, RoomId.MAX_BYTES);
        try {
            return new RoomId(name);
        } catch (IllegalArgumentException bad) {
            throw new JsonFault(String.valueOf(bad.getMessage()));
        }
    }

    private String key(JsonMember member) throws IOException, JsonFault {
        String key = text(member, KEY_BYTES);
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(key)) {
            throw new JsonFault(member.fault(" has an unpaired surrogate"));
        }
        int bytes = key.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > KEY_BYTES) {
            throw new JsonFault(member.fault(" has " + bytes + " bytes"));
        }
        return key;
    }

    private Boolean skip(JsonMember member) throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.VALUE_TRUE) {
            throw wrongType(member);
        }
        return Boolean.TRUE;
    }

    private String word(JsonMember member, String one, String other) throws IOException, JsonFault {
        String word = text(member, WORD_CHARS);
        if (!word.equals(one) && !word.equals(other)) {
            throw new JsonFault(member.fault(" is another word"));
        }
        return word;
    }

    private Position position(JsonMember member) throws IOException, JsonFault {
        requireObject(member);
        Object epoch = Epoch.NONE;
        Object offset = new JsonFault(member.fault(" has no offset"));
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "epoch" -> epoch = part(member, "epoch", EPOCH_CHARS, "a string of up to 64 characters");
                case "offset" -> offset = part(member, "offset", 0);
                default -> parser.skipChildren();
            }
        }
        return position(member, orThrow(epoch), (Long) orThrow(offset));
    }

    private static Position position(JsonMember member, Object epoch, long offset) throws JsonFault {
        if (epoch instanceof String text) {
            return new Position(Epoch.parse(text), offset);
        }
        if (offset > 0) {
            throw new JsonFault(member.fault(" has offset=" + offset + " but no epoch"));
        }
        return Position.START;
    }

    private SessionClaim session(JsonMember member) throws IOException, JsonFault {
        requireObject(member);
        Object id = new JsonFault(member.fault(" has no id"));
        Object secret = new JsonFault(member.fault(" has no secret"));
        Object attempt = 0L;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "id" -> id = part(member, "id", SESSION_CHARS, "a string of up to 256 characters");
                case "secret" -> secret = part(member, "secret", SESSION_CHARS, "a string of up to 256 characters");
                case "attempt" -> attempt = part(member, "attempt", 1);
                default -> parser.skipChildren();
            }
        }
        return new SessionClaim((String) orThrow(id), (String) orThrow(secret), (Long) orThrow(attempt));
    }

    private Long heartbeat(JsonMember member) throws IOException, JsonFault {
        requireObject(member);
        Object interval = new JsonFault(member.fault(" has no interval"));
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            if (name.equals("interval")) {
                interval = part(member, "interval", 1);
            } else {
                parser.skipChildren();
            }
        }
        return (Long) orThrow(interval);
    }

    private RoomRequest[] rooms(JsonMember member) throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw wrongType(member);
        }
        List<RoomRequest> rooms = new ArrayList<>();
        JsonFault first = null;
        for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
            if (first != null) {
                parser.skipChildren();
                continue;
            }
            try {
                rooms.add(roomRequest());
            } catch (JsonFault fault) {
                first = new JsonFault(member.text() + "[" + index + "]." + fault.text());
            }
        }
        if (first != null) {
            throw first;
        }
        return rooms.toArray(RoomRequest[]::new);
    }

    private RoomRequest roomRequest() throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrongType(JsonMember.ROOM);
        }
        return JsonMembers.read(this).roomRequest();
    }

    private String client(JsonMember member) throws IOException, JsonFault {
        requireObject(member);
        Object client = "";
        Object version = "";
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            switch (name) {
                case "name" -> client = cutPart(member, "name");
                case "version" -> version = cutPart(member, "version");
                default -> parser.skipChildren();
            }
        }
        return LogText.printable(orThrow(client) + " " + orThrow(version)).strip();
    }

    /** An integer inside {@code member}, or the fault. */
    private Object part(JsonMember member, String name, long min) throws IOException {
        try {
            return integer(min, MAX_INTEGER);
        } catch (JsonFault fault) {
            return partFault(member, name, fault, min + ".." + MAX_INTEGER);
        }
    }

    /** A text inside {@code member}, or the fault. */
    private Object part(JsonMember member, String name, int chars, String expected) throws IOException {
        try {
            return text(chars);
        } catch (JsonFault fault) {
            return partFault(member, name, fault, expected);
        }
    }

    private Object cutPart(JsonMember member, String name) throws IOException {
        try {
            return cutText(CLIENT_CHARS);
        } catch (JsonFault fault) {
            return partFault(member, name, fault, "a string");
        }
    }

    private static JsonFault partFault(JsonMember member, String name, JsonFault found, String expected) {
        return new JsonFault(member.text() + "." + name + found.text() + " (expected: " + expected + ")");
    }

    private static Object orThrow(Object valueOrFault) throws JsonFault {
        if (valueOrFault instanceof JsonFault fault) {
            throw fault;
        }
        return valueOrFault;
    }

    private void requireObject(JsonMember member) throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw wrongType(member);
        }
    }

    private String text(JsonMember member, int chars) throws IOException, JsonFault {
        try {
            return text(chars);
        } catch (JsonFault fault) {
            throw new JsonFault(member.fault(fault.text()));
        }
    }

    private String text(int chars) throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw wrongType();
        }
        int length = parser.getTextLength();
        if (length > chars) {
            throw new JsonFault(" has " + length + " characters");
        }
        return parser.getText();
    }

    private String cutText(JsonMember member, int chars) throws IOException, JsonFault {
        try {
            return cutText(chars);
        } catch (JsonFault fault) {
            throw new JsonFault(member.fault(fault.text()));
        }
    }

    private String cutText(int chars) throws IOException, JsonFault {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw wrongType();
        }
        int length = Math.min(parser.getTextLength(), chars);
        return new String(parser.getTextCharacters(), parser.getTextOffset(), length);
    }

    private Long integer(JsonMember member, long min, long max) throws IOException, JsonFault {
        try {
            return integer(min, max);
        } catch (JsonFault fault) {
            throw new JsonFault(member.fault(fault.text()));
        }
    }

    private Long integer(long min, long max) throws IOException, JsonFault {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.VALUE_NUMBER_INT && token != JsonToken.VALUE_NUMBER_FLOAT) {
            throw wrongType();
        }
        int length = parser.getTextLength();
        if (length > MAX_INTEGER_DIGITS) {
            throw new JsonFault(" has " + length + " digits");
        }
        if (token == JsonToken.VALUE_NUMBER_FLOAT) {
            throw new JsonFault("=" + parser.getText());
        }
        long value = parser.getLongValue();
        if (value < min || value > max) {
            throw new JsonFault("=" + value);
        }
        return value;
    }

    private JsonFault wrongType(JsonMember member) throws IOException {
        return new JsonFault(member.fault(wrongType().text()));
    }

    /** Says what stands there instead, and goes to its end. */
    private JsonFault wrongType() throws IOException {
        String found = switch (parser.currentToken()) {
            case START_OBJECT -> " is an object";
            case START_ARRAY -> " is an array";
            case VALUE_STRING -> " is a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> " is a number";
            case VALUE_TRUE -> "=true";
            case VALUE_FALSE -> "=false";
            default -> "=null";
        };
        parser.skipChildren();
        return new JsonFault(found);
    }

    /** Copies the text of the value that the parser stands on, and goes to its end. */
    private byte[] rawValue() throws IOException {
        JsonLocation start = parser.currentTokenLocation();
        parser.skipChildren();
        parser.finishToken();
        JsonLocation end = parser.currentLocation();
        return Arrays.copyOfRange(message, (int) start.getByteOffset(), (int) end.getByteOffset());
    }
}
