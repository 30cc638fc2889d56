package io.rejoin.chaos.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RoomStreamTest {

    private final RoomStream stream = new RoomStream(0);

    @Test
    void acceptsPublicationsInOrderAndAnnouncedGaps() {
        joined(stream, 4);
        publication(stream, 5);
        gap(stream, "retention", 6, 9);
        publication(stream, 10);

        assertThat(stream.faults()).isEmpty();
        assertThat(stream.offset()).isEqualTo(10);
        assertThat(stream.received()).isEqualTo(2);
        assertThat(stream.missing()).containsEntry("retention", 4L).hasSize(1);
        assertThat(stream.gaps()).containsEntry("retention", 1L).hasSize(1);
    }

    @Test
    void findsAHoleWithoutGap() {
        joined(stream, 4);
        publication(stream, 6);

        assertThat(stream.faults())
                .containsExactly("publication 6 behind 4 (expected: the next one, or a gap before it)");
    }

    @Test
    void findsARepeat() {
        joined(stream, 4);
        publication(stream, 5);
        publication(stream, 5);

        assertThat(stream.faults()).hasSize(1);
    }

    @Test
    void findsAPublicationThatWasAnnouncedAsMissing() {
        joined(stream, 4);
        gap(stream, "retention", 5, 9);
        publication(stream, 7);

        assertThat(stream.faults())
                .containsExactly("publication 7 behind 9 (expected: the next one; it was announced as missing)");
    }

    @Test
    void findsAGapThatDoesNotFollow() {
        joined(stream, 4);
        gap(stream, "retention", 6, 9);

        assertThat(stream.faults()).containsExactly("gap retention from 6 to 9 with the position 9 behind 4");
    }

    @Test
    void findsAnotherPublicationThanThatOfTheOffset() {
        joined(stream, 4);
        publication(stream, 5);
        read(stream, "{\"type\":\"publication\",\"room\":\"r\",\"offset\":6,\"data\":{\"t\":1,\"n\":7}}");

        assertThat(stream.faults()).containsExactly("publication 6 is the publisher's 7 (expected: 6)");
    }

    @Test
    void findsAResumeElsewhere() {
        joined(stream, 4);
        publication(stream, 5);
        joined(stream, 7);

        assertThat(stream.faults()).containsExactly("resumed at 7 (expected: 5, where it was)");
    }

    @Test
    void countsTheGapOfAResume() {
        joined(stream, 4);
        read(
                stream,
                "{\"type\":\"joined\",\"room\":\"r\",\"position\":{\"epoch\":\"e\",\"offset\":8},\"outcome\":\"gap\","
                        + "\"gap\":{\"from\":5,\"to\":8,\"reason\":\"limit\"}}");
        publication(stream, 9);

        assertThat(stream.faults()).isEmpty();
        assertThat(stream.missing()).containsEntry("limit", 4L).hasSize(1);
    }

    @Test
    void findsAKeyWhoseNewerValueNeverCame() {
        RoomStream keyed = new RoomStream(2);
        joined(keyed, 0);
        gap(keyed, "conflated", 1, 3);
        publication(keyed, 4);

        keyed.checkKeys();

        assertThat(keyed.faults())
                .containsExactly(
                        "publication 3 was skipped as conflated (expected: a newer one of its key, the newest is -1)");
    }

    @Test
    void acceptsANewerValueForEachSkippedKey() {
        RoomStream keyed = new RoomStream(2);
        joined(keyed, 0);
        gap(keyed, "conflated", 1, 3);
        publication(keyed, 4);
        publication(keyed, 5);

        keyed.checkKeys();

        assertThat(keyed.faults()).isEmpty();
    }

    private static void joined(RoomStream stream, long offset) {
        read(
                stream,
                "{\"type\":\"joined\",\"room\":\"r\",\"position\":{\"epoch\":\"e\",\"offset\":" + offset
                        + "},\"outcome\":\"live\"}");
    }

    private static void publication(RoomStream stream, long offset) {
        read(
                stream,
                "{\"type\":\"publication\",\"room\":\"r\",\"offset\":" + offset + ",\"data\":{\"t\":1,\"n\":" + offset
                        + ",\"p\":\"xx\"}}");
    }

    private static void gap(RoomStream stream, String reason, long from, long to) {
        read(
                stream,
                "{\"type\":\"gap\",\"room\":\"r\",\"reason\":\"" + reason + "\",\"from\":" + from + ",\"to\":" + to
                        + ",\"position\":{\"epoch\":\"e\",\"offset\":" + to + "}}");
    }

    private static void read(RoomStream stream, String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        ServerFrame.read(bytes, 0, bytes.length, frame -> {
            switch (frame.type) {
                case "joined" -> stream.onJoined(frame);
                case "gap" -> stream.onGap(frame);
                default -> stream.onPublication(frame);
            }
        });
    }
}
