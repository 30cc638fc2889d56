package io.rejoin.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.rejoin.protocol.CloseCode;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns the WebSocket frames of a channel into messages and events of its connection. It stands before the handler of Vert.x, which
 * then sees only the end of the channel.
 *
 * <p>Threading: event loop of the channel. Limits: an unfinished message is held up to {@link TransportConfig#messageLimit} and {@value
 * #MAX_FRAGMENTS} fragments; beyond them the connection closes with 1009. While it is unfinished the client counts as silent, whatever
 * else it sends, so that the heartbeat ends what never ends.
 */
final class FrameReader extends ChannelInboundHandlerAdapter {

    static final String NAME = "rejoin";

    private static final int MAX_FRAGMENTS = 1_024;

    private final WebSocketConnection connection;
    private final int messageLimit;
    private @Nullable ByteArrayOutputStream unfinished;
    private int fragments;

    FrameReader(WebSocketConnection connection, int messageLimit) {
        this.connection = connection;
        this.messageLimit = messageLimit;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            ctx.fireChannelRead(message);
            return;
        }
        try {
            read(frame);
            if (unfinished == null) {
                connection.onHeard();
            }
        } finally {
            frame.release();
        }
    }

    private void read(WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame close) {
            int code = close.statusCode();
            connection.onCloseFrame(code < 0 ? WebSocketConnection.NO_CODE : code);
        } else if (frame instanceof PingWebSocketFrame) {
            connection.onPart(frame.content().readableBytes());
            connection.onProtocolPing(frame.content());
        } else if (frame instanceof BinaryWebSocketFrame) {
            connection.close(CloseCode.BAD_PROTOCOL, "binary message (expected: text)");
        } else if (frame instanceof PongWebSocketFrame) {
            connection.onPart(frame.content().readableBytes());
            connection.onProtocolPong(frame.content());
        } else {
            readText(frame);
        }
    }

    private void readText(WebSocketFrame frame) {
        ByteBuf content = frame.content();
        if (unfinished == null && frame.isFinalFragment()) {
            connection.onMessage(ByteBufUtil.getBytes(content));
            return;
        }
        ByteArrayOutputStream message = unfinished == null ? new ByteArrayOutputStream() : unfinished;
        fragments = unfinished == null ? 1 : fragments + 1;
        if (message.size() + content.readableBytes() > messageLimit) {
            unfinished = null;
            connection.close(CloseCode.TOO_BIG, "message of more than " + messageLimit + " bytes");
            return;
        }
        if (fragments > MAX_FRAGMENTS) {
            unfinished = null;
            connection.close(CloseCode.TOO_BIG, "message of more than " + MAX_FRAGMENTS + " fragments");
            return;
        }
        message.writeBytes(ByteBufUtil.getBytes(content));
        unfinished = message;
        if (frame.isFinalFragment()) {
            unfinished = null;
            connection.onMessage(message.toByteArray());
        } else {
            // Its bytes are counted with the message.
            connection.onPart(0);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        connection.onWritabilityChanged();
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == SslCloseCompletionEvent.SUCCESS) {
            connection.onEndOfStream();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.onInactive();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof CorruptedWebSocketFrameException corrupted) {
            int code = corrupted.closeStatus().code();
            connection.closeBroken(code, String.valueOf(corrupted.getMessage()));
        } else {
            connection.onFailure(cause);
        }
    }
}
