package io.rejoin.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a codec told of one message; fails when something follows a violation. */
final class DecodedMessage implements FrameSink {

    /**
     * The end of a message that breaks the protocol.
     *
     * @param code of the close
     * @param reason of the close
     */
    record Violation(CloseCode code, String reason) {}

    private final List<Object> elements = new ArrayList<>();

    static DecodedMessage first(String json) {
        return of(json.getBytes(StandardCharsets.UTF_8), true);
    }

    static DecodedMessage next(String json) {
        return of(json.getBytes(StandardCharsets.UTF_8), false);
    }

    static DecodedMessage of(byte[] message, boolean helloOnly) {
        DecodedMessage decoded = new DecodedMessage();
        new JsonFrameCodec().decode(message, helloOnly, decoded);
        return decoded;
    }

    /** Frames, {@link Rejection}s and {@link Violation}s in the order of the message. */
    List<Object> elements() {
        return elements;
    }

    /** The only element. */
    Object only() {
        if (elements.size() != 1) {
            throw new AssertionError("elements=" + elements + " (expected: one)");
        }
        return elements.get(0);
    }

    @Override
    public void onFrame(ClientFrame frame) {
        add(frame);
    }

    @Override
    public void onRejection(Rejection rejection) {
        add(rejection);
    }

    @Override
    public void onViolation(CloseCode code, String reason) {
        add(new Violation(code, reason));
    }

    private void add(Object element) {
        if (!elements.isEmpty() && elements.get(elements.size() - 1) instanceof Violation) {
            throw new AssertionError(element + " follows " + elements);
        }
        elements.add(element);
    }
}
