package io.rejoin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class Utf8Properties {

    @Spec("FR-7")
    @Property(tries = 20_000)
    void agreesWithTheStrictDecoderOfTheJdk(@ForAll("nearUtf8") byte[] bytes) {
        assertThat(Utf8.isValid(bytes)).isEqualTo(isDecodable(bytes));
    }

    @Spec("FR-7")
    @Property(tries = 5_000)
    void acceptsWhateverTheJdkEncodes(@ForAll String text) {
        assertThat(Utf8.isValid(text.getBytes(StandardCharsets.UTF_8))).isTrue();
    }

    /** Bytes at the edges of what each place of a sequence may hold, between runs of ASCII of any alignment. */
    @Provide
    Arbitrary<byte[]> nearUtf8() {
        Arbitrary<Byte> edges = Arbitraries.of(
                        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                        0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)
                .map(Integer::byteValue);
        Arbitrary<byte[]> sequence = edges.array(byte[].class).ofMinSize(0).ofMaxSize(6);
        Arbitrary<Integer> ascii = Arbitraries.integers().between(0, 20);
        return Combinators.combine(ascii, sequence, ascii, sequence).as(Utf8Properties::join);
    }

    private static byte[] join(int ascii, byte[] first, int moreAscii, byte[] second) {
        ByteBuffer joined = ByteBuffer.allocate(ascii + first.length + moreAscii + second.length);
        joined.put("a".repeat(ascii).getBytes(StandardCharsets.US_ASCII)).put(first);
        joined.put("b".repeat(moreAscii).getBytes(StandardCharsets.US_ASCII)).put(second);
        return joined.array();
    }

    private static boolean isDecodable(byte[] bytes) {
        try {
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException invalid) {
            return false;
        }
    }
}
