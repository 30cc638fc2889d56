package io.rejoin.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * The socket side of a connection's channel: takes finished WebSocket frames, past the encoder, down to TLS or the kernel.
 *
 * <p>Threading: event loop of the channel. Failure: a write that fails is told once, to the exception handler of the channel, and ends
 * it; so the futures of single writes are of no use.
 */
@SuppressWarnings("FutureReturnValueIgnored")
final class Wire {

    private static final int FINAL = 0x80;

    private final ChannelHandlerContext encoder;
    private final Channel channel;
    private final @Nullable SslHandler tls;
    /** Where a close passes TLS by. */
    private final ChannelHandlerContext bottom;

    private long written;

    /**
     * Wraps a channel.
     *
     * @param encoder context of the WebSocket encoder, which no write here goes through
     */
    Wire(ChannelHandlerContext encoder) {
        this.encoder = encoder;
        this.channel = encoder.channel();
        this.tls = encoder.pipeline().get(SslHandler.class);
        this.bottom = tls == null ? encoder : encoder.pipeline().context(tls);
    }

    ByteBufAllocator allocator() {
        return channel.alloc();
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /** Bytes that it takes before it is not writable; 0 when it is not. */
    long room() {
        return channel.bytesBeforeUnwritable();
    }

    /** Whether the kernel has taken everything. */
    boolean isDrained() {
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        // The sum, because what TLS has not encrypted yet is in it, but is no entry.
        return pending == null || pending.totalPendingWriteBytes() == 0;
    }

    /** Runs a task once everything written so far was taken, or the socket failed. */
    void whenDrained(Runnable then) {
        encoder.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> then.run());
    }

    /** A number that changes with every byte that the kernel takes; with TLS also once at a write, by what TLS adds to it. */
    long progress() {
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        if (pending == null) {
            return written;
        }
        long unfinished = pending.current() instanceof ByteBuf head ? head.readableBytes() : 0;
        return written - pending.totalPendingWriteBytes() - unfinished;
    }

    /** Writes and flushes. */
    void write(ByteBuf bytes) {
        written += bytes.readableBytes();
        encoder.writeAndFlush(bytes, encoder.voidPromise());
    }

    /**
     * Writes and flushes a control frame.
     *
     * @param payload of at most 125 bytes; stays the caller's
     */
    void writeControl(int opcode, ByteBuf payload) {
        write(control(opcode, payload));
    }

    /** As {@link #writeControl}; runs the task once the kernel has the frame, or the write failed. */
    void writeControl(int opcode, ByteBuf payload, Runnable then) {
        encoder.writeAndFlush(control(opcode, payload)).addListener(done -> then.run());
    }

    private ByteBuf control(int opcode, ByteBuf payload) {
        int length = payload.readableBytes();
        return channel.alloc()
                .buffer(2 + length)
                .writeByte(FINAL | opcode)
                .writeByte(length)
                .writeBytes(payload, payload.readerIndex(), length);
    }

    /** Closes the socket behind everything written before. */
    void closeBehindWrites() {
        encoder.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> encoder.close());
    }

    /** Closes the socket now; from the encoder's place, because above it Vert.x would start a close handshake of its own. */
    void close() {
        encoder.close();
    }

    /** Ends the outgoing stream; the incoming one goes on until the client ends it. */
    void endOutput() {
        if (tls == null) {
            shutdownOutput();
        } else {
            // A stream that ends without word from TLS looks like one that was cut, and a client may drop what it got.
            tls.closeOutbound().addListener(told -> shutdownOutput());
        }
    }

    private void shutdownOutput() {
        if (channel instanceof DuplexChannel duplex && duplex.isActive()) {
            duplex.shutdownOutput();
        }
    }

    /** Closes the socket by a reset, which frees the kernel's buffer that a client which never reads would hold for minutes. */
    void reset() {
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            // TLS would wait for its own last word to be taken.
            bottom.close();
        }
    }

    void setReading(boolean reading) {
        channel.config().setAutoRead(reading);
    }
}
