package io.rejoin.testing;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.room.Member;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A member that keeps what it is written, with a socket that fills up: it takes frames until it holds more than its room, and is
 * writable again once the test drained it.
 *
 * <p>Threading: that of the test.
 */
public final class RecordingMember implements Member {

    private final List<EncodedFrame> written = new ArrayList<>();
    private Consumer<Map<String, Object>> listener = frame -> {};
    private Runnable beforeAnswer = () -> {};
    private int roomBytes = Integer.MAX_VALUE;
    private int held;
    private int flushes;
    private int slowCloses;
    private Runnable whenClosedSlow = () -> {};
    private long progress;

    /** Tells each frame, read by an independent parser, as it is written. */
    public void onFrame(Consumer<Map<String, Object>> newListener) {
        listener = newListener;
    }

    /** Has something happen whenever the member is asked whether it is writable. */
    public void beforeAnswer(Runnable action) {
        beforeAnswer = action;
    }

    /** Has something happen when the member is closed because it did not keep up. */
    public void onCloseSlow(Runnable action) {
        whenClosedSlow = action;
    }

    /** Bytes above which the socket takes no more. */
    public void roomFor(int bytes) {
        roomBytes = bytes;
    }

    /** Empties the socket. */
    public void drain() {
        held = 0;
        progress++;
    }

    /** Frames written, as objects. */
    public List<Map<String, Object>> frames() {
        return written.stream().map(RecordingMember::read).toList();
    }

    /** Frames written, as they are. */
    public List<EncodedFrame> encoded() {
        return List.copyOf(written);
    }

    /** What came: offsets of publications, and {@code gap} with its reason, range and position's offset. */
    public List<String> story() {
        return frames().stream().map(RecordingMember::tell).toList();
    }

    /** How often the member was told to flush. */
    public int flushes() {
        return flushes;
    }

    /** How often the member was closed because it did not keep up. */
    public int slowCloses() {
        return slowCloses;
    }

    @Override
    public boolean closeSlow() {
        slowCloses++;
        whenClosedSlow.run();
        return slowCloses == 1;
    }

    @Override
    public boolean isWritable() {
        beforeAnswer.run();
        return held <= roomBytes;
    }

    @Override
    public boolean isDrained() {
        return isWritable();
    }

    @Override
    public void mark() {
        // The client has taken what the socket took.
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public void write(EncodedFrame frame) {
        written.add(frame);
        held += frame.size();
        progress += held <= roomBytes ? 1 : 0;
        listener.accept(read(frame));
    }

    @Override
    public void flush() {
        flushes++;
    }

    private static Map<String, Object> read(EncodedFrame frame) {
        return JsonTree.parseObject(new String(frame.message(), StandardCharsets.UTF_8));
    }

    private static String tell(Map<String, Object> frame) {
        if (!frame.get("type").equals("gap")) {
            return frame.containsKey("offset") ? number(frame, "offset") : "ephemeral";
        }
        String range = frame.containsKey("from") ? " " + number(frame, "from") + ".." + number(frame, "to") : "";
        Map<?, ?> position = (Map<?, ?>) frame.get("position");
        return "gap " + frame.get("reason") + range + " to " + ((JsonTree.Num) position.get("offset")).digits();
    }

    private static String number(Map<String, Object> frame, String member) {
        return ((JsonTree.Num) frame.get(member)).digits();
    }
}
