package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OriginsTest {

    private final Origins origins = Origins.of(List.of(
            "https://App.example.org",
            "http://localhost:5173",
            "https://*.example.com",
            "https://[::1]:8443",
            "https://port.example:443",
            "null"));

    @ParameterizedTest
    @CsvSource(textBlock = """
                    https://app.example.org        | true
                    HTTPS://APP.example.org        | true
                    http://app.example.org         | false
                    https://app.example.org:8443   | false
                    https://app.example.org.evil   | false
                    https://sub.app.example.org    | false
                    http://localhost:5173          | true
                    http://localhost               | false
                    https://a.example.com          | true
                    https://a.b.example.com        | true
                    https://example.com            | false
                    https://.example.com           | false
                    https://evilexample.com        | false
                    https://a.example.com:444      | false
                    https://[::1]:8443             | true
                    https://port.example           | true
                    null                           | true
                    file://                        | false
                    *                              | false
                    """, delimiter = '|')
    void allowsWhatIsListed(String origin, boolean allowed) {
        assertThat(origins.allows(List.of(origin))).isEqualTo(allowed);
    }

    @Test
    void letsInWhoeverIsNoBrowser() {
        assertThat(origins.allows(List.of())).isTrue();
        assertThat(Origins.NONE.allows(List.of())).isTrue();
    }

    @Test
    void letsInNobodyWithTwoOrigins() {
        assertThat(origins.allows(List.of("https://app.example.org", "https://app.example.org")))
                .isFalse();
    }

    @Test
    void anyAllowsAllAndNoneNoPage() {
        assertThat(Origins.ANY.allows(List.of("https://evil.example"))).isTrue();
        assertThat(Origins.NONE.allows(List.of("https://app.example.org"))).isFalse();
        assertThat(Origins.NONE.allows(List.of("null"))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app.example.org",
                "https://",
                "https://a/b",
                "https://a?b",
                "https://u@a",
                "*",
                "https://*",
                "https://a.*.b"
            })
    void saysWhatIsNoOrigin(String text) {
        assertThatThrownBy(() -> Origins.of(List.of(text)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("origin=" + text);
    }
}
