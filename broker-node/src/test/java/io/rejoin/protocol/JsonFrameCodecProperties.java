package io.rejoin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.DecodedMessage.Violation;
import io.rejoin.testing.JsonTree;
import io.rejoin.testing.Spec;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class JsonFrameCodecProperties {

    private final JsonFrameCodec codec = new JsonFrameCodec();

    @Property(tries = 5_000)
    void serverFrameIsReadBackByAnIndependentParser(@ForAll("serverFrames") ServerFrame frame) {
        Map<String, Object> tree = JsonTree.parseObject(text(codec.encode(frame).message()));

        assertThat(FrameTrees.server(tree)).isEqualTo(frame);
        assertThat(tree.keySet().iterator().next()).isEqualTo("type");
    }

    @Spec({"FR-3", "FR-11", "FR-15"})
    @Property(tries = 5_000)
    void clientFrameIsReadWhateverFormItIsWrittenIn(
            @ForAll("clientTrees") Map<String, Object> tree, @ForAll long seed) {
        String json = JsonFrames.writeFreely(tree, new Random(seed));

        DecodedMessage decoded =
                tree.get("type").equals("hello") ? DecodedMessage.first(json) : DecodedMessage.next(json);

        assertThat(decoded.only()).isInstanceOf(ClientFrame.class);
        assertThat(FrameTrees.normal((ClientFrame) decoded.only())).isEqualTo(FrameTrees.client(tree));
    }

    @Spec("FR-15")
    @Property(tries = 3_000)
    void payloadPassesThroughByteForByte(@ForAll("trees") Object data, @ForAll long seed) {
        String written = JsonFrames.writeFreely(data, new Random(seed)).strip();
        String json = "{\"data\": " + written + " ,\"number\":1,\"room\":\"r\",\"type\":\"publish\"}";

        ClientFrame.Publish publish =
                (ClientFrame.Publish) DecodedMessage.next(json).only();

        assertThat(FrameTrees.text(publish.data())).isEqualTo(written);
    }

    @Spec("FR-1")
    @Property(tries = 1_000)
    void arrayIsReadAsItsFramesOneAfterTheOther(@ForAll("clientTreeLists") List<Map<String, Object>> trees) {
        List<Object> one = trees.stream()
                .flatMap(tree -> DecodedMessage.next(JsonTree.render(tree)).elements().stream())
                .toList();

        assertThat(DecodedMessage.next(JsonTree.render(trees)).elements()).isEqualTo(one);
    }

    @Spec("FR-1")
    @Property(tries = 1_000)
    void batchHoldsItsFramesOneAfterTheOther(@ForAll("serverFrameLists") List<ServerFrame> frames) {
        List<EncodedFrame> encoded = frames.stream().map(codec::encode).toList();
        List<Object> parts =
                encoded.stream().map(e -> JsonTree.parse(text(e.message()))).toList();

        Object batch = JsonTree.parse(text(EncodedFrame.batch(encoded)));

        assertThat(frames.size() == 1 ? List.of(batch) : batch).isEqualTo(parts);
    }

    @Property(tries = 10_000)
    void anyBytesAreSurvived(@ForAll byte[] message, @ForAll boolean helloOnly) {
        assertThat(DecodedMessage.of(message, helloOnly).elements()).allSatisfy(JsonFrameCodecProperties::isTellable);
    }

    @Property(tries = 20_000)
    void anyDamageToAFrameIsSurvived(
            @ForAll("clientTrees") Map<String, Object> tree, @ForAll long seed, @ForAll boolean helloOnly) {
        byte[] message = damage(JsonTree.render(tree).getBytes(StandardCharsets.UTF_8), new Random(seed));

        assertThat(DecodedMessage.of(message, helloOnly).elements()).allSatisfy(JsonFrameCodecProperties::isTellable);
    }

    @Property(tries = 10_000)
    void anyValueInTheWrongPlaceIsSurvived(
            @ForAll("clientTrees") Map<String, Object> tree, @ForAll("trees") Object wrong, @ForAll long seed) {
        List<String> names = tree.keySet().stream().toList();
        String name = names.get(new Random(seed).nextInt(names.size()));
        tree.put(name, wrong);

        Object element = DecodedMessage.next(JsonTree.render(tree)).only();

        isTellable(element);
        if (element instanceof Rejection rejection && rejection.code() == ErrorCode.BAD_REQUEST) {
            assertThat(rejection.message()).startsWith(name);
        }
    }

    @Provide
    Arbitrary<ServerFrame> serverFrames() {
        return JsonFrames.serverFrames();
    }

    @Provide
    Arbitrary<List<ServerFrame>> serverFrameLists() {
        return JsonFrames.serverFrames().list().ofMaxSize(5);
    }

    @Provide
    Arbitrary<Map<String, Object>> clientTrees() {
        return JsonFrames.clientTrees();
    }

    @Provide
    Arbitrary<List<Map<String, Object>>> clientTreeLists() {
        return JsonFrames.clientTrees().list().ofMaxSize(5);
    }

    @Provide
    Arbitrary<Object> trees() {
        return JsonFrames.trees();
    }

    /** Whatever a message was, what is said of it fits into the frame that says it. */
    private static void isTellable(Object element) {
        if (element instanceof Violation violation) {
            assertThat(violation.code()).isIn(CloseCode.BAD_PROTOCOL, CloseCode.NOT_UTF8);
            assertThat(violation.reason()).matches("[ -~]{1,100}");
        } else if (element instanceof Rejection rejection) {
            assertThat(rejection.message()).hasSizeBetween(1, 250);
        }
    }

    private static byte[] damage(byte[] json, Random random) {
        byte[] message = random.nextInt(4) == 0 ? Arrays.copyOf(json, random.nextInt(json.length)) : json;
        byte[] syntax = "{}[]\":,\\u0 -.e1ntf\0\u007f".getBytes(StandardCharsets.US_ASCII);
        for (int i = random.nextInt(4); i >= 0 && message.length > 0; i--) {
            boolean any = random.nextInt(4) == 0;
            message[random.nextInt(message.length)] =
                    any ? (byte) random.nextInt() : syntax[random.nextInt(syntax.length)];
        }
        return message;
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.UTF_8);
    }
}
