package io.rejoin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.DecodedMessage.Violation;
import io.rejoin.testing.JsonTree;
import io.rejoin.testing.JsonTree.Num;
import io.rejoin.testing.Spec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VectorsTest {

    static Stream<Named<Map<String, Object>>> served() throws IOException {
        return cases("client-frames").filter(vector -> !isPlanned(vector.getPayload()));
    }

    static Stream<Named<Map<String, Object>>> plannedOfClients() throws IOException {
        return cases("client-frames").filter(vector -> isPlanned(vector.getPayload()));
    }

    static Stream<Named<Map<String, Object>>> ofServers() throws IOException {
        return cases("server-frames")
                .filter(vector ->
                        !isPlanned(vector.getPayload()) || type(vector).equals("welcome"));
    }

    static Stream<Named<Map<String, Object>>> closing() throws IOException {
        return cases("invalid-client-frames")
                .filter(vector -> vector.getPayload().containsKey("close"));
    }

    static Stream<Named<Map<String, Object>>> refused() throws IOException {
        return cases("invalid-client-frames")
                .filter(vector -> errorOf(vector.getPayload()) != null && !isForbidden(vector.getPayload()));
    }

    static Stream<Named<Map<String, Object>>> forbidden() throws IOException {
        return cases("invalid-client-frames")
                .filter(vector -> errorOf(vector.getPayload()) != null && isForbidden(vector.getPayload()));
    }

    @Spec({"FR-1", "FR-3", "FR-6", "FR-12", "FR-15"})
    @ParameterizedTest
    @MethodSource("served")
    void clientFrameIsReadAsTheVectorSays(Map<String, Object> vector) {
        List<ClientFrame> expected =
                frames(vector).stream().map(FrameTrees::client).toList();
        boolean first = !expected.isEmpty() && expected.get(0) instanceof ClientFrame.Hello;

        DecodedMessage decoded = first ? DecodedMessage.first(json(vector)) : DecodedMessage.next(json(vector));

        assertThat(decoded.elements().stream().map(VectorsTest::normal).toList())
                .isEqualTo(expected);
    }

    @Spec("FR-4")
    @ParameterizedTest
    @MethodSource("plannedOfClients")
    void frameThatIsOnlyPlannedIsOfUnknownType(Map<String, Object> vector) {
        DecodedMessage decoded = DecodedMessage.next(json(vector));

        assertThat(decoded.only()).isInstanceOf(Rejection.class);
        assertThat(((Rejection) decoded.only()).code()).isEqualTo(ErrorCode.UNKNOWN_TYPE);
    }

    @Spec({"FR-11", "FR-16", "ER-1"})
    @ParameterizedTest
    @MethodSource("ofServers")
    void serverFrameIsWrittenAsTheVectorSays(Map<String, Object> vector) {
        List<EncodedFrame> encoded = frames(vector).stream()
                .map(FrameTrees::server)
                .map(frame -> new JsonFrameCodec().encode(frame))
                .toList();

        byte[] message = encoded.size() == 1 ? encoded.get(0).message() : EncodedFrame.batch(encoded);

        assertThat(new String(message, StandardCharsets.UTF_8)).isEqualTo(json(vector));
    }

    @Spec({"HS-6", "HS-8", "FR-5", "FR-6"})
    @ParameterizedTest
    @MethodSource("closing")
    void faultOfTheFramingClosesTheConnection(Map<String, Object> vector) {
        List<Object> elements = DecodedMessage.of(json(vector).getBytes(StandardCharsets.UTF_8), isFirst(vector))
                .elements();

        assertThat(elements.get(elements.size() - 1)).isInstanceOf(Violation.class);
        assertThat(((Violation) elements.get(elements.size() - 1)).code().number())
                .isEqualTo(((Num) vector.get("close")).asLong());
    }

    @Spec({"FR-4", "FR-9", "FR-10", "FR-11", "FR-12", "FR-13", "PB-6", "PB-12", "PB-14", "PB-16", "HI-7", "ER-3"})
    @ParameterizedTest
    @MethodSource("refused")
    void faultOfAFrameIsRefusedByNameOfTheMember(Map<String, Object> vector) {
        Map<String, Object> error = errorOf(vector);
        Rejection rejection = (Rejection) DecodedMessage.next(json(vector)).only();

        assertThat(rejection.code().text()).isEqualTo(error.get("code"));
        assertThat(
                        rejection.ref() == null
                                ? null
                                : JsonTree.parse(rejection.ref().json()))
                .isEqualTo(error.get("ref"));
        assertThat(rejection.room()).isEqualTo(error.get("room"));
        assertThat(rejection.number() == 0 ? null : new Num("" + rejection.number()))
                .isEqualTo(error.get("number"));
        assertThat(rejection.message()).startsWith((String) error.getOrDefault("member", "type"));
    }

    @ParameterizedTest
    @MethodSource("forbidden")
    void reservedRoomIsLeftToTheSession(Map<String, Object> vector) {
        Object frame = DecodedMessage.next(json(vector)).only();

        assertThat(frame).isInstanceOf(ClientFrame.class);
        assertThat(frame.toString()).contains("room=$");
    }

    private static Object normal(Object element) {
        return element instanceof ClientFrame frame ? FrameTrees.normal(frame) : element;
    }

    private static Stream<Named<Map<String, Object>>> cases(String file) throws IOException {
        Map<String, Object> vectors =
                JsonTree.parseObject(ProtocolDocs.read("docs/protocol/vectors/" + file + ".json"));
        return FrameTrees.objects(vectors, "cases").stream()
                .map(vector -> Named.of((String) vector.get("name"), vector));
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> frames(Map<String, Object> vector) {
        return vector.containsKey("frames")
                ? FrameTrees.objects(vector, "frames")
                : List.of((Map<String, Object>) vector.get("frame"));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> errorOf(Map<String, Object> vector) {
        return (Map<String, Object>) vector.get("error");
    }

    private static boolean isForbidden(Map<String, Object> vector) {
        return "forbidden".equals(errorOf(vector).get("code"));
    }

    private static boolean isPlanned(Map<String, Object> vector) {
        return Boolean.TRUE.equals(vector.get("planned"));
    }

    private static boolean isFirst(Map<String, Object> vector) {
        return ((String) vector.get("name")).startsWith("hello");
    }

    private static Object type(Named<Map<String, Object>> vector) {
        return frames(vector.getPayload()).get(0).get("type");
    }

    private static String json(Map<String, Object> vector) {
        return (String) vector.get("json");
    }
}
