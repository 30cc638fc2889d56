package io.rejoin.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;

/**
 * The format {@code rejoin.v1.json}.
 *
 * <p>Members may come in any order, {@code type} last, too; of a member that comes twice the last one counts. Texts and numbers inside
 * {@code data} have no bounds but the message's.
 *
 * <p>Threading: thread-safe, stateless. Limits: 64 levels of nesting, the array of several frames included.
 *
 * @see <a href="docs/protocol.md">FR, framing</a>
 */
public final class JsonFrameCodec implements FrameCodec {

    private static final int MAX_DEPTH = 64;
    private static final JsonFactory JSON = factory();

    @Override
    public void decode(byte[] message, boolean helloOnly, FrameSink sink) {
        if (!Utf8.isValid(message)) {
            sink.onViolation(CloseCode.NOT_UTF8, "message is not UTF-8");
            return;
        }
        try (JsonParser parser = JSON.createParser(message)) {
            new JsonFrameReader(parser, new JsonValues(parser, message), helloOnly, sink).read();
        } catch (IOException notJson) {
            sink.onViolation(CloseCode.BAD_PROTOCOL, "message is not JSON or deeper than " + MAX_DEPTH + " levels");
        }
    }

    @Override
    public EncodedFrame encode(ServerFrame frame) {
        return JsonFrameWriter.write(frame);
    }

    /** Lengths are bounded by the message, so the only constraint that is left is depth. */
    private static JsonFactory factory() {
        StreamReadConstraints constraints = StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(Integer.MAX_VALUE)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(Integer.MAX_VALUE)
                .build();
        return JsonFactory.builder()
                .streamReadConstraints(constraints)
                // Offsets into the message are offsets of UTF-8; a guess of UTF-16 from zero bytes would move them.
                .disable(JsonFactory.Feature.CHARSET_DETECTION)
                // Names come from clients: interned, they would stay in the JVM for good.
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .build();
    }
}
