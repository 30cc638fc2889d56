package io.rejoin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.DecodedMessage.Violation;
import io.rejoin.testing.Spec;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonFrameCodecTest {

    @Spec("FR-7")
    @Test
    void invalidUtf8ClosesWithItsOwnCode() {
        byte[] message = "{\"type\":\"bye\",\"x\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(((Violation) DecodedMessage.of(message, false).only()).code())
                .isEqualTo(CloseCode.NOT_UTF8);
    }

    @Test
    void byteOrderMarkAndOtherEncodingsAreNotJson() {
        byte[] utf16 = "{\"type\":\"bye\"}".getBytes(StandardCharsets.UTF_16BE);

        assertThat(DecodedMessage.of(utf16, false).only()).isInstanceOf(Violation.class);
        assertThat(DecodedMessage.next("\ufeff{\"type\":\"bye\"}").only()).isInstanceOf(Violation.class);
    }

    @Spec({"FR-1", "FR-5"})
    @Test
    void framesInFrontOfAFaultAreTold() {
        List<Object> elements = DecodedMessage.next("[{\"type\":\"bye\"},{\"type\":\"ping\"},7,{\"type\":\"bye\"}]")
                .elements();

        assertThat(elements).hasSize(3);
        assertThat(elements.get(0)).isEqualTo(new ClientFrame.Bye());
        assertThat(elements.get(1)).isInstanceOf(Rejection.class);
        assertThat(elements.get(2)).isInstanceOf(Violation.class);
    }

    @Spec("HS-6")
    @Test
    void frameInFrontOfHelloClosesTheConnection() {
        assertThat(DecodedMessage.first("[{\"type\":\"ping\",\"time\":1},{\"type\":\"hello\"}]")
                        .only())
                .isEqualTo(new Violation(CloseCode.BAD_PROTOCOL, "first frame is no hello"));
    }

    @Test
    void emptyArrayInFrontOfHelloMeansNothing() {
        assertThat(DecodedMessage.first("[]").elements()).isEmpty();
    }

    @Spec("HS-8")
    @Test
    void reasonOfAFaultyHelloNamesTheMember() {
        String json = "{\"type\":\"hello\",\"rooms\":[{\"room\":\"a\"},{\"room\":\"b\",\"history\":-1}]}";

        assertThat(((Violation) DecodedMessage.first(json).only()).reason())
                .isEqualTo("rooms[1].history=-1 (expected: 0..1000)");
    }

    @Test
    void faultySecondHelloIsRefusedLikeAnyFrame() {
        Rejection rejection = (Rejection)
                DecodedMessage.next("{\"type\":\"hello\",\"token\":1}").only();

        assertThat(rejection.message()).isEqualTo("token is a number (expected: a string)");
    }

    @Test
    void lastOfEqualMembersCounts() {
        assertThat(DecodedMessage.next("{\"type\":\"ping\",\"time\":\"x\",\"type\":\"pong\",\"time\":2}")
                        .only())
                .isEqualTo(new ClientFrame.Pong(2));
    }

    @Test
    void memberThatTheTypeDoesNotHaveMayBeAnything() {
        assertThat(DecodedMessage.next("{\"room\":7,\"ref\":{},\"type\":\"bye\",\"number\":-1,\"rooms\":[[1]]}")
                        .only())
                .isEqualTo(new ClientFrame.Bye());
    }

    @Spec("FR-12")
    @Test
    void integerInAnotherFormIsNamedAsItWasWritten() {
        Rejection rejection =
                (Rejection) DecodedMessage.next("{\"type\":\"publish\",\"room\":\"r\",\"number\":1e3,\"data\":1}")
                        .only();

        assertThat(rejection.message()).isEqualTo("number=1e3 (expected: 1..9007199254740991)");
    }

    @Test
    void hugeNumbersAndTextsAreRefusedByTheirLength() {
        String digits = "9".repeat(60_000);

        Rejection number = (Rejection) DecodedMessage.next("{\"type\":\"ping\",\"time\":" + digits + "}")
                .only();
        Rejection room = (Rejection) DecodedMessage.next("{\"type\":\"leave\",\"room\":\"" + digits + "\"}")
                .only();

        assertThat(number.message()).isEqualTo("time has 60000 digits (expected: 0..9007199254740991)");
        assertThat(room.message()).startsWith("room has 60000 characters");
    }

    @Spec("FR-15")
    @Test
    void hugeNumbersInDataPassThrough() {
        String digits = "9".repeat(60_000) + "e-9";
        String json = "{\"type\":\"publish\",\"room\":\"r\",\"number\":1,\"data\":[" + digits + "]}";

        ClientFrame.Publish publish =
                (ClientFrame.Publish) DecodedMessage.next(json).only();

        assertThat(FrameTrees.text(publish.data())).isEqualTo("[" + digits + "]");
    }

    @Test
    void frameHoldsNoReferenceToTheMessage() {
        byte[] message =
                "{\"type\":\"publish\",\"room\":\"r\",\"number\":1,\"data\":\"abc\"}".getBytes(StandardCharsets.UTF_8);
        ClientFrame.Publish publish =
                (ClientFrame.Publish) DecodedMessage.of(message, false).only();

        Arrays.fill(message, (byte) 'x');

        assertThat(FrameTrees.text(publish.data())).isEqualTo("\"abc\"");
    }

    @Test
    void epochLongerThanAnyIsRefused() {
        String json =
                "{\"type\":\"join\",\"room\":\"r\",\"position\":{\"epoch\":\"" + "e".repeat(65) + "\",\"offset\":1}}";

        assertThat(((Rejection) DecodedMessage.next(json).only()).message())
                .isEqualTo("position.epoch has 65 characters (expected: a string of up to 64 characters)");
    }

    @Test
    void clientNameIsCutAndMadeSafeForLogs() {
        String json = "{\"type\":\"hello\",\"client\":{\"name\":\"a\\nERROR \\u202e" + "b".repeat(99)
                + "\",\"version\":\"1\\u0000\"}}";

        ClientFrame.Hello hello = (ClientFrame.Hello) DecodedMessage.first(json).only();

        assertThat(hello.clientName()).isEqualTo("a?ERROR ?" + "b".repeat(55) + " 1?");
    }

    @Test
    void loneSurrogateIsWrittenAsReplacementCharacter() {
        ServerFrame frame =
                new ServerFrame.Failure(null, null, 0, ErrorCode.INTERNAL, "a\ud83d\ud83d\ude00\ude00", 0, 0);

        assertThat(new String(new JsonFrameCodec().encode(frame).message(), StandardCharsets.UTF_8))
                .contains("\"a\ufffd\ud83d\ude00\ufffd\"");
    }

    @Test
    void secretIsInNoTextOfAFrame() {
        ServerFrame welcome = new ServerFrame.Welcome(
                "s1", "hush", new PublisherId("p"), false, 1, "n", 1, 1, new Limits(1, 1, 1), 0, List.of());
        String hello = "{\"type\":\"hello\",\"token\":\"hush\",\"session\":{\"id\":\"s1\",\"secret\":\"hush\"}}";

        assertThat(welcome.toString()).doesNotContain("hush");
        assertThat(DecodedMessage.first(hello).only().toString()).doesNotContain("hush");
    }

    @Test
    void batchOfOneIsTheFrameItself() {
        EncodedFrame frame = new JsonFrameCodec().encode(new ServerFrame.Left(null, new RoomId("r"), null));

        assertThat(EncodedFrame.batch(List.of(frame))).isSameAs(frame.message());
    }
}
