package io.rejoin.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AckWatchTest {

    private static Op.Ack ack(String value, long offset) {
        return new Op.Ack(0, "p", "r", value, 1, new Point("e", offset), "n1");
    }

    @Test
    void countsOnlyAcksOfWhatWasFirstSentAfterTheMark() {
        AckWatch watch = new AckWatch();
        watch.accept(new Op.Send(0, "p", "r", "p.1", 1, false));
        watch.mark();
        watch.accept(new Op.Send(0, "p", "r", "p.1", 1, true));
        watch.accept(ack("p.1", 1));

        assertThat(watch.acknowledged()).isEmpty();
        assertThat(watch.heads()).containsEntry("r", 1L);
    }

    @Test
    void showsARoomThatAcknowledgedSinceTheMark() {
        AckWatch watch = new AckWatch();
        watch.mark();
        watch.accept(new Op.Send(0, "p", "r", "p.2", 2, false));
        watch.accept(ack("p.2", 2));

        assertThat(watch.acknowledged()).containsExactly("r");
    }

    @Test
    void waitsForTheNextAckOfARoom() throws Exception {
        AckWatch watch = new AckWatch();
        watch.accept(ack("p.1", 1));
        CompletableFuture<Boolean> next =
                CompletableFuture.supplyAsync(() -> watch.awaitAck("r", Duration.ofSeconds(20)));

        watch.accept(ack("p.1", 1));
        assertThat(watch.awaitAck("r", Duration.ofMillis(50))).isFalse();
        long offset = 2;
        while (!next.isDone()) {
            watch.accept(ack("p." + offset, offset));
            offset++;
        }

        assertThat(next.get()).isTrue();
    }
}
