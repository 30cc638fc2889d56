package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From the first message to {@code welcome}, and bad input at any time, on one node. */
final class HandshakeProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1).with("REJOIN_LIMITS_MESSAGE", "2MiB").start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private static TestClient client() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    private static TestClient witness(String room) {
        TestClient witness = cluster.connect(0);
        witness.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"" + room + "\"}]}");
        return witness;
    }

    /** Shows that a client, and through it the node, works as before. */
    private static void assertUnharmed(TestClient witness, String room) {
        witness.send("{\"type\":\"publish\",\"ref\":\"still here\",\"room\":\"" + room + "\",\"number\":1,\"data\":1}");
        witness.await(frame -> "still here".equals(frame.getValue("ref")), "answer to the witness");
        JsonObject publication = witness.await("publication");
        assertThat(publication.getLong("offset")).isEqualTo(1);
        assertThat(witness.isOpen()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"ping\",\"time\":1}",
                "{\"type\":\"join\",\"ref\":1,\"room\":\"r\"}",
                "{\"type\":\"bye\"}",
                "{\"type\":\"no-such-type\"}"
            })
    @Spec("HS-6")
    void closesAConnectionThatBeginsWithAnythingButHello(String first) {
        TestClient client = cluster.connect(0);

        client.send(first);

        assertThat(client.awaitClose()).isEqualTo(4500);
        assertThat(client.frames()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    {"type":"hello","rooms":[{"room":""}]}                                  | room
                    {"type":"hello","rooms":{}}                                             | rooms
                    {"type":"hello","session":{"id":"a"}}                                   | secret
                    {"type":"hello","session":{"id":"a","secret":"b","attempt":0}}          | attempt
                    {"type":"hello","rooms":[{"room":"r","position":{"offset":3}}]}         | position
                    """, delimiter = '|')
    @Spec("HS-8")
    void closesOnAFaultyHelloAndNamesTheMember(String hello, String member) {
        TestClient client = cluster.connect(0);

        client.send(hello);

        assertThat(client.awaitClose()).isEqualTo(4500);
        assertThat(client.closeReason()).contains(member);
        assertThat(client.frames()).isEmpty();
    }

    @Test
    @Spec({"HS-10", "FR-1"})
    void servesWhatCameBehindHelloAfterWelcome() {
        TestClient client = cluster.connect(0);

        client.send(
                "[{\"type\":\"hello\"},{\"type\":\"ping\",\"time\":5},{\"type\":\"join\",\"ref\":1,\"room\":\"hs10\"}]");
        client.send("{\"type\":\"publish\",\"ref\":2,\"room\":\"hs10\",\"number\":1,\"data\":1}");
        client.await(frame -> Integer.valueOf(2).equals(frame.getValue("ref")), "ack");

        assertThat(client.frames().get(0).getString("type")).isEqualTo("welcome");
        assertThat(client.await("pong").getLong("time")).isEqualTo(5);
        assertThat(client.await("joined").getInteger("ref")).isEqualTo(1);
    }

    @Test
    @Spec("HS-9")
    void changesNothingOnASecondHello() {
        TestClient client = cluster.connect(0);
        JsonObject welcome = client.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"hs9\"}]}");
        String claim = new JsonObject()
                .put("id", welcome.getJsonObject("session").getString("id"))
                .put("secret", welcome.getJsonObject("session").getString("secret"))
                .put("attempt", 9)
                .encode();

        client.send("{\"type\":\"hello\",\"session\":" + claim + ",\"rooms\":[{\"room\":\"hs9-other\"}]}");
        JsonObject error = client.await("error");
        JsonObject left = client.ask(1, "{\"type\":\"leave\",\"ref\":1,\"room\":\"hs9\"}");
        JsonObject notJoined = client.ask(2, "{\"type\":\"leave\",\"ref\":2,\"room\":\"hs9-other\"}");

        assertThat(error.getString("code")).isEqualTo("bad-request");
        assertThat(left.getString("type")).isEqualTo("left");
        assertThat(notJoined.getString("code")).isEqualTo("not-joined");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no json",
                "{\"type\":\"ping\",\"time\":1",
                "{\"type\":\"ping\",\"time\":1}x",
                "{'type':'ping','time':1}",
                "[{\"type\":\"ping\",\"time\":1},7]",
                "null",
                "7",
                "{\"time\":1}",
                "{\"type\":7,\"time\":1}",
                "{\"type\":null}"
            })
    @Spec("FR-5")
    void closesOnWhatIsNoFrameWithoutHarmToOthers(String message) {
        String room = "fr5-" + message.hashCode();
        TestClient witness = witness(room);
        TestClient client = client();

        client.send(message);

        assertThat(client.awaitClose()).isEqualTo(4500);
        assertUnharmed(witness, room);
    }

    @ParameterizedTest
    @ValueSource(ints = {65, 10_000, 500_000})
    @Spec("FR-6")
    void closesOnDeepNestingWithoutHarmToOthers(int depth) {
        String room = "fr6-" + depth;
        TestClient witness = witness(room);
        TestClient client = client();

        // The frame itself is level 1.
        client.send("{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":1,\"data\":" + "[".repeat(depth - 1)
                + "1" + "]".repeat(depth - 1) + "}");

        assertThat(client.awaitClose()).isEqualTo(4500);
        assertUnharmed(witness, room);
    }

    @ParameterizedTest
    @ValueSource(ints = {65, 100_000})
    @Spec("FR-6")
    void closesOnDeepNestingOfAMemberThatIsIgnored(int depth) {
        TestClient client = client();

        client.send("{\"type\":\"ping\",\"deep\":" + "{\"a\":".repeat(depth - 1) + "1" + "}".repeat(depth - 1)
                + ",\"time\":1}");

        assertThat(client.awaitClose()).isEqualTo(4500);
    }

    @Test
    @Spec("FR-6")
    void takesNestingOfSixtyFourLevels() {
        TestClient client = witness("fr6");
        String data = "[".repeat(63) + "1" + "]".repeat(63);

        client.send("{\"type\":\"publish\",\"room\":\"fr6\",\"number\":1,\"data\":" + data + "}");

        assertThat(client.await("publication").getJsonArray("data").encode()).isEqualTo(data);
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "C3", "C0AF", "EDA080", "F4908080", "FF"})
    @Spec("FR-7")
    void closesOnInvalidUtf8WithoutHarmToOthers(String bytes) {
        String room = "fr7-" + bytes;
        TestClient witness = witness(room);
        TestClient client = client();
        byte[] bad = HexFormat.of().parseHex(bytes);
        byte[] head = ("{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":1,\"data\":\"")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] tail = "\"}".getBytes(StandardCharsets.US_ASCII);

        client.sendAsText(ByteBuffer.allocate(head.length + bad.length + tail.length)
                .put(head)
                .put(bad)
                .put(tail)
                .array());

        assertThat(client.awaitClose()).isIn(1007, 4500);
        assertUnharmed(witness, room);
    }

    @Test
    @Spec("FR-8")
    void closesOnATooLargeMessageWithoutHarmToOthers() {
        TestClient witness = witness("fr8");
        TestClient client = client();

        client.send("{\"type\":\"ping\",\"time\":1,\"pad\":\"" + "x".repeat(2 << 20) + "\"}");

        assertThat(client.awaitClose()).isEqualTo(1009);
        assertUnharmed(witness, "fr8");
    }

    @Test
    @Spec({"CL-3", "SE-2"})
    void keepsTheSessionOfAConnectionThatItClosedForATooLargeMessage() {
        TestClient client = cluster.connect(0);
        JsonObject session = client.hello().getJsonObject("session");

        client.send("{\"type\":\"ping\",\"time\":1,\"pad\":\"" + "x".repeat(2 << 20) + "\"}");
        int code = client.awaitClose();
        JsonObject resumed = cluster.connect(0)
                .hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                        + session.getString("secret") + "\",\"attempt\":2}}")
                .getJsonObject("session");

        assertThat(code).isEqualTo(1009);
        assertThat(resumed.getBoolean("resumed")).isTrue();
        assertThat(resumed.getString("secret")).isEqualTo(session.getString("secret"));
    }

    @Test
    @Spec("SE-5")
    void givesAWrongSecretNothingOfTheSessionAndLeavesItsOwnerAlone() {
        TestClient owner = witness("se5");
        JsonObject session = cluster.connect(0).hello().getJsonObject("session");
        TestClient holder = cluster.connect(0);
        holder.hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                + session.getString("secret") + "\",\"attempt\":2}}");

        JsonObject thief = cluster.connect(0)
                .hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id")
                        + "\",\"secret\":\"guess\",\"attempt\":99},\"rooms\":[{\"room\":\"se5\"}]}");
        holder.awaitAnswers();

        assertThat(thief.getJsonObject("session").getString("id")).isNotEqualTo(session.getString("id"));
        assertThat(thief.getJsonObject("session").getString("publisher")).isNotEqualTo(session.getString("publisher"));
        assertThat(thief.getJsonObject("session").getBoolean("resumed")).isFalse();
        assertThat(thief.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("live");
        assertThat(holder.isOpen()).isTrue();
        assertUnharmed(owner, "se5");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '\'', textBlock = """
                    {"type":"nosuch","ref":1}                                                   | unknown-type | nosuch
                    {"type":"presence","ref":1,"room":"r"}                                      | unknown-type | presence
                    {"type":"join","ref":1}                                                     | bad-request  | room
                    {"type":"join","ref":1,"room":7}                                            | bad-request  | room
                    {"type":"join","ref":1,"room":"r","position":{"offset":-1}}                 | bad-request  | position
                    {"type":"join","ref":1,"room":"r","history":-1}                             | bad-request  | history
                    {"type":"publish","ref":1,"room":"r","number":0,"data":1}                   | bad-request  | number
                    {"type":"publish","ref":1,"room":"r","number":1.5,"data":1}                 | bad-request  | number
                    {"type":"publish","ref":1,"room":"r","number":"1","data":1}                 | bad-request  | number
                    {"type":"publish","ref":1,"room":"r","number":9007199254740992,"data":1}    | bad-request  | number
                    {"type":"publish","ref":1,"room":"r","number":1}                            | bad-request  | data
                    {"type":"publish","ref":1,"room":"r","number":1,"data":1,"skip":true}       | bad-request  | skip
                    {"type":"history","ref":1,"room":"r","limit":1001}                          | bad-request  | limit
                    {"type":"leave","ref":1,"room":"nobody-is-here"}                            | not-joined   | member
                    {"type":"join","ref":1,"room":"$system"}                                    | forbidden    | reserved
                    """, delimiter = '|')
    @Spec({"ER-2", "ER-3", "FR-4", "FR-9", "FR-11"})
    void answersARequestThatIsWrongWithAnErrorAndGoesOn(String request, String code, String named) {
        TestClient client = client();

        JsonObject error = client.ask(1, request);
        client.awaitAnswers();

        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getString("code")).isEqualTo(code);
        assertThat(error.getString("message")).contains(named);
        assertThat(error.getBoolean("retryable")).isFalse();
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    @Spec({"FL-6", "FL-3"})
    void answersATenThousandPingsOfOneMessage() {
        TestClient witness = witness("fl6-pings");
        TestClient client = client();

        client.send(batch(10_000, i -> "{\"type\":\"ping\",\"time\":" + i + "}"));
        assertUnharmed(witness, "fl6-pings");
        client.await(frame -> "pong".equals(frame.getString("type")) && frame.getLong("time") == 10_000, "last pong");

        assertThat(count(client, "pong")).isEqualTo(10_000);
    }

    @Test
    @Spec({"FL-6", "FL-5"})
    void takesATenThousandPublishesOfOneMessage() {
        TestClient witness = witness("fl6-publishes");
        TestClient client = client();

        client.send(batch(
                10_000, i -> "{\"type\":\"publish\",\"room\":\"fl6-many\",\"number\":" + i + ",\"data\":" + i + "}"));
        assertUnharmed(witness, "fl6-publishes");
        client.await(frame -> "ack".equals(frame.getString("type")) && frame.getLong("number") == 10_000, "last ack");

        assertThat(client.frames().stream()
                        .filter(frame -> "ack".equals(frame.getString("type")))
                        .map(frame -> frame.getJsonObject("position").getLong("offset"))
                        .toList())
                .hasSize(10_000)
                .isSorted()
                .endsWith(10_000L);
    }

    @Test
    @Spec({"FL-6", "FR-4"})
    void survivesATenThousandUnknownFramesOfOneMessage() {
        TestClient witness = witness("fl6-unknown");
        TestClient client = client();

        client.send(batch(10_000, i -> "{\"type\":\"x\",\"ref\":" + i + "}"));
        assertUnharmed(witness, "fl6-unknown");

        // More answers than the socket takes at once are more than wait for it, too.
        Await.until(
                () -> count(client, "error") == 10_000 || !client.isOpen(), () -> "errors=" + count(client, "error"));
        assertThat(client.isOpen() || client.awaitClose() == 4002).isTrue();
        assertThat(client.frames().stream()
                        .filter(frame -> "error".equals(frame.getString("type")))
                        .map(frame -> frame.getString("code")))
                .isNotEmpty()
                .containsOnly("unknown-type");
    }

    private static String batch(int size, IntFunction<String> frame) {
        return IntStream.rangeClosed(1, size).mapToObj(frame).collect(Collectors.joining(",", "[", "]"));
    }

    private static long count(TestClient client, String type) {
        return client.frames().stream()
                .filter(frame -> type.equals(frame.getString("type")))
                .count();
    }
}
