package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.OutboundQueue.Offer;
import io.rejoin.protocol.EncodedFrame;
import org.junit.jupiter.api.Test;

final class OutboundQueueTest {

    private static final EncodedFrame THREE_BYTES = new EncodedFrame(new byte[3]);
    private static final EncodedFrame FOUR_BYTES = new EncodedFrame(new byte[4]);

    @Test
    void handsOutFirstInFirstOut() {
        OutboundQueue queue = new OutboundQueue(2, 100);
        queue.offer(THREE_BYTES);
        queue.offer(FOUR_BYTES);

        assertThat(queue.poll()).isSameAs(THREE_BYTES);
        assertThat(queue.poll()).isSameAs(FOUR_BYTES);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void refusesMoreThanItsFrames() {
        OutboundQueue queue = new OutboundQueue(1, 100);

        assertThat(queue.offer(THREE_BYTES)).isEqualTo(Offer.QUEUED);
        assertThat(queue.offer(THREE_BYTES)).isEqualTo(Offer.OVER_LIMIT);
        assertThat(queue.bytes()).isEqualTo(3);
    }

    @Test
    void refusesMoreThanItsBytes() {
        OutboundQueue queue = new OutboundQueue(10, 7);

        assertThat(queue.offer(THREE_BYTES)).isEqualTo(Offer.QUEUED);
        assertThat(queue.offer(FOUR_BYTES)).isEqualTo(Offer.QUEUED);
        assertThat(queue.offer(new EncodedFrame(new byte[1]))).isEqualTo(Offer.OVER_LIMIT);
    }

    @Test
    void takesMoreWhenSomethingLeft() {
        OutboundQueue queue = new OutboundQueue(1, 3);
        queue.offer(THREE_BYTES);
        queue.poll();

        assertThat(queue.isEmpty()).isTrue();
        assertThat(queue.offer(THREE_BYTES)).isEqualTo(Offer.QUEUED);
    }
}
