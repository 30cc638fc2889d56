package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.rejoin.protocol.EncodedFrame;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class FrameBatchTest {

    private final FrameBatch batch = new FrameBatch();

    private static EncodedFrame frame(String text) {
        return new EncodedFrame(text.getBytes(StandardCharsets.UTF_8));
    }

    private String encoded() {
        ByteBuf bytes = batch.encode(UnpooledByteBufAllocator.DEFAULT);
        try {
            return bytes.toString(StandardCharsets.ISO_8859_1);
        } finally {
            bytes.release();
        }
    }

    @Test
    void writesOneFrameAsItIs() {
        batch.add(frame("{}"));

        assertThat(encoded()).isEqualTo("\u0081\u0002{}");
    }

    @Test
    void writesSeveralFramesAsOneArray() {
        batch.add(frame("{}"));
        batch.add(frame("{1}"));

        assertThat(encoded()).isEqualTo("\u0081\u0008[{},{1}]");
    }

    @Test
    void writesLengthsInTheirShortestForm() {
        batch.add(frame("x".repeat(125)));
        assertThat(encoded()).startsWith("\u0081}x").hasSize(127);

        batch.clear();
        batch.add(frame("x".repeat(126)));
        assertThat(encoded()).startsWith("\u0081~\u0000~x").hasSize(130);

        batch.clear();
        batch.add(frame("x".repeat(65535)));
        assertThat(encoded()).startsWith("\u0081~\u00ff\u00ffx").hasSize(65539);

        batch.clear();
        batch.add(frame("x".repeat(65536)));
        assertThat(encoded())
                .startsWith("\u0081\u007f\u0000\u0000\u0000\u0000\u0000\u0001\u0000\u0000x")
                .hasSize(65546);
    }

    @Test
    void beginsAnotherMessageAtTheBound() {
        batch.add(frame("x".repeat(FrameBatch.MAX_MESSAGE - 6)));
        batch.add(frame("{a}"));
        batch.add(frame("{b}"));

        String bytes = encoded();
        assertThat(bytes).startsWith("\u0081\u007f\u0000\u0000\u0000\u0000\u0000\u0001\u0000\u0000[x");
        assertThat(bytes).endsWith("x,{a}]\u0081\u0003{b}");
    }

    @Test
    void letsALargeFrameGoAlone() {
        batch.add(frame("{a}"));
        batch.add(frame("x".repeat(FrameBatch.MAX_MESSAGE + 1)));
        batch.add(frame("{b}"));

        String bytes = encoded();
        assertThat(bytes).startsWith("\u0081\u0003{a}\u0081\u007f");
        assertThat(bytes).endsWith("x\u0081\u0003{b}");
    }

    @Test
    void countsFramesAndBytes() {
        batch.add(frame("{}"));
        batch.add(frame("{1}"));
        assertThat(batch.frames()).isEqualTo(2);
        assertThat(batch.bytes()).isEqualTo(5);

        batch.clear();
        assertThat(batch.isEmpty()).isTrue();
        assertThat(batch.bytes()).isZero();
    }
}
