package io.rejoin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CodesTest {

    private static final Map<String, Boolean> RETRYABLE_BY_ERROR =
            Arrays.stream(ErrorCode.values()).collect(Collectors.toMap(ErrorCode::text, ErrorCode::isRetryable));

    private static final Map<String, Integer> NUMBER_BY_CLOSE = Arrays.stream(CloseCode.values())
            .filter(code -> code.number() >= 4000)
            .collect(Collectors.toMap(CloseCode::text, CloseCode::number));

    @Spec("ER-1")
    @Test
    void errorCodesAreThoseOfTheContract() throws IOException {
        Map<String, Boolean> documented =
                table(ProtocolDocs.read("docs/protocol.md"), "\\| `([a-z-]+)` \\| (yes|no) \\|", "yes"::equals);

        assertThat(documented).isEqualTo(RETRYABLE_BY_ERROR);
    }

    @Spec("CL-1")
    @Test
    void closeCodesAreThoseOfTheContract() throws IOException {
        Map<String, Integer> documented = new TreeMap<>();
        Pattern.compile("\\| (4\\d{3}) \\| `([a-z-]+)` \\| (reconnect|stop) \\|")
                .matcher(ProtocolDocs.read("docs/protocol.md"))
                .results()
                .forEach(row -> documented.put(row.group(2), Integer.valueOf(row.group(1))));

        assertThat(documented).isEqualTo(NUMBER_BY_CLOSE);
    }

    @Spec("CL-1")
    @Test
    void closeCodesTellByTheirNumberWhetherToReconnect() throws IOException {
        Map<String, Boolean> reconnects = table(
                ProtocolDocs.read("docs/protocol.md"),
                "\\| (4\\d{3}) \\| `[a-z-]+` \\| (reconnect|stop) \\|",
                "reconnect"::equals);

        assertThat(reconnects)
                .isNotEmpty()
                .allSatisfy((number, reconnect) -> assertThat(reconnect).isEqualTo(Integer.parseInt(number) < 4500));
    }

    @Test
    void errorCodesAreThoseOfTheJavaScriptClient() throws IOException {
        String source = ProtocolDocs.read("client-js-stub/src/codes.ts");

        Map<String, Boolean> listed = table(source, "\"?([a-z-]+)\"?: \\{ retryable: (true|false) \\}", "true"::equals);

        assertThat(listed).isEqualTo(RETRYABLE_BY_ERROR);
    }

    @Test
    void closeCodesAreThoseOfTheJavaScriptClient() throws IOException {
        Map<String, Integer> listed = new TreeMap<>();
        Pattern.compile("\"?([a-z-]+)\"?: (4\\d{3}),")
                .matcher(ProtocolDocs.read("client-js-stub/src/codes.ts"))
                .results()
                .forEach(row -> listed.put(row.group(1), Integer.valueOf(row.group(2))));

        assertThat(listed).isEqualTo(NUMBER_BY_CLOSE);
    }

    private static Map<String, Boolean> table(String text, String row, Predicate<String> isTrue) {
        return Pattern.compile(row)
                .matcher(text)
                .results()
                .collect(Collectors.toMap(match -> match.group(1), (MatchResult match) -> isTrue.test(match.group(2))));
    }
}
