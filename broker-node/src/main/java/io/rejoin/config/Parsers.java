package io.rejoin.config;

import io.rejoin.clusterconfig.HostPort;
import io.rejoin.transport.Cidr;
import io.rejoin.transport.Origins;
import io.rejoin.value.ByteSize;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads values of settings. Every parser throws an IllegalArgumentException whose message is only what was expected.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class Parsers {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})\\s*(ms|s|m|h|d)");
    private static final int LEAST_KEY_BYTES = 16;
    private static final int MOST_HEADERS = 16;

    private Parsers() {}

    static Function<String, Integer> count(int least, int most) {
        return text -> {
            String expected = least + " to " + most;
            if (!text.matches("\\d{1,10}")) {
                throw new IllegalArgumentException(expected);
            }
            long number = Long.parseLong(text);
            check(number >= least && number <= most, expected);
            return (int) number;
        };
    }

    static Function<String, OptionalInt> optionalCount(int least, int most) {
        return text -> text.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(count(least, most).apply(text));
    }

    static Function<String, Integer> port() {
        return count(0, 65_535);
    }

    static Function<String, Duration> duration(Duration least, Duration most) {
        return text -> {
            String expected =
                    "a time with its unit, " + show(least) + " to " + show(most) + ", such as 500ms, 30s, 5m, 2h or 1d";
            Matcher matcher = DURATION.matcher(text);
            check(matcher.matches(), expected);
            long number = Long.parseLong(matcher.group(1));
            long unitMs = switch (matcher.group(2)) {
                case "ms" -> 1;
                case "s" -> 1_000;
                case "m" -> 60_000;
                case "h" -> 3_600_000;
                default -> 86_400_000;
            };
            check(number <= most.toMillis() / unitMs && number * unitMs >= least.toMillis(), expected);
            return Duration.ofMillis(number * unitMs);
        };
    }

    private static String show(Duration duration) {
        long ms = duration.toMillis();
        if (ms > 0 && ms % 86_400_000 == 0) {
            return ms / 86_400_000 + "d";
        }
        return ms % 1_000 == 0 ? ms / 1_000 + "s" : ms + "ms";
    }

    static Function<String, Integer> size(String least, String most) {
        Function<String, Long> size = longSize(least, most);
        return text -> Math.toIntExact(size.apply(text));
    }

    static Function<String, OptionalLong> optionalLongSize(String least, String most) {
        return text -> text.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(longSize(least, most).apply(text));
    }

    static Function<String, Long> longSize(String least, String most) {
        return text -> {
            String expected = "a size with its unit, " + least + " to " + most + ", such as 4096B, 64KiB or 1MiB";
            try {
                long bytes = ByteSize.parse(text).bytes();
                check(
                        bytes >= ByteSize.parse(least).bytes()
                                && bytes <= ByteSize.parse(most).bytes(),
                        expected);
                return bytes;
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new IllegalArgumentException(expected, e);
            }
        };
    }

    static Function<String, String> host() {
        return text -> {
            check(!text.isBlank() && text.chars().noneMatch(Character::isWhitespace), "a host name or address");
            return text;
        };
    }

    static Function<String, String> name() {
        return text -> {
            check(text.matches("[A-Za-z0-9._-]{1,128}"), "1 to 128 letters, digits, dots, dashes or underscores");
            return text;
        };
    }

    static Function<String, Optional<String>> optionalHost() {
        return text -> text.isEmpty() ? Optional.empty() : Optional.of(host().apply(text));
    }

    static Function<String, Optional<Path>> optionalPath() {
        return text -> {
            try {
                return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("path of a file", e);
            }
        };
    }

    static Function<String, HostPort> hostPort() {
        return text -> {
            try {
                return HostPort.parse(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("host:port, such as 127.0.0.1:5701", e);
            }
        };
    }

    static Function<String, List<HostPort>> hostPorts() {
        return text -> {
            try {
                return parts(text).map(HostPort::parse).toList();
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("host:port of every member, separated by commas", e);
            }
        };
    }

    static Function<String, List<Secret>> keys() {
        return text -> {
            List<Secret> keys = parts(text).map(Secret::new).toList();
            boolean longEnough = keys.stream()
                    .allMatch(key -> key.text().getBytes(StandardCharsets.UTF_8).length >= LEAST_KEY_BYTES);
            check(longEnough, "at least " + LEAST_KEY_BYTES + " bytes; several keys are separated by commas");
            return keys;
        };
    }

    static Function<String, Origins> origins() {
        return text -> switch (text) {
            case "" -> Origins.ANY;
            case "none" -> Origins.NONE;
            default -> {
                try {
                    yield Origins.of(parts(text).toList());
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "none, or origins such as https://app.example.org or https://*.example.org, separated by"
                                    + " commas",
                            e);
                }
            }
        };
    }

    static Function<String, List<Cidr>> blocks() {
        return text -> {
            try {
                return parts(text).map(Cidr::parse).toList();
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "addresses, or blocks such as 10.0.0.0/8 or fd00::/8, separated by commas", e);
            }
        };
    }

    static <E> Function<String, E> oneOf(E[] values, Function<E, String> shown) {
        List<String> texts = Stream.of(values).map(shown).toList();
        String expected = String.join(", ", texts.subList(0, texts.size() - 1)) + " or " + texts.get(texts.size() - 1);
        return text -> {
            int index = texts.indexOf(text);
            check(index >= 0, expected);
            return values[index];
        };
    }

    static Function<String, Boolean> bool() {
        return oneOf(new Boolean[] {false, true}, String::valueOf);
    }

    static Function<String, AuthMode> authMode() {
        return text -> switch (text) {
            case "jwt" -> AuthMode.JWT;
            case "hook" -> AuthMode.HOOK;
            case "anonymous" -> AuthMode.ANONYMOUS;
            default ->
                throw new IllegalArgumentException(
                        "jwt or hook; or anonymous, which lets everybody in, for local trials");
        };
    }

    /** Whoever changes keys on their way lets in whom he likes, so they come encrypted, or from this machine. */
    static Function<String, Optional<URI>> optionalKeysUrl() {
        String expected = "an https URL without user and fragment; http only to 127.0.0.1 or localhost";
        return text -> {
            Optional<URI> url = url(text, expected);
            url.ifPresent(given -> {
                boolean local = "127.0.0.1".equals(given.getHost()) || "localhost".equals(given.getHost());
                check("https".equals(given.getScheme()) || local, expected);
            });
            return url;
        };
    }

    static Function<String, Optional<URI>> optionalUrl() {
        return text -> url(text, "an http or https URL without user and fragment");
    }

    private static Optional<URI> url(String text, String expected) {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(expected, e);
        }
        check(url.getHost() != null && url.getRawUserInfo() == null && url.getRawFragment() == null, expected);
        check("https".equals(url.getScheme()) || "http".equals(url.getScheme()), expected);
        return Optional.of(url);
    }

    /** A secret that fits into a header. */
    static Function<String, Optional<Secret>> optionalKey() {
        return text -> {
            check(
                    text.isEmpty() || text.matches("[!-~]{" + LEAST_KEY_BYTES + ",1024}"),
                    LEAST_KEY_BYTES + " to 1024 printable characters of ASCII without spaces");
            return text.isEmpty() ? Optional.empty() : Optional.of(new Secret(text));
        };
    }

    static Function<String, List<String>> headerNames() {
        return text -> {
            List<String> names =
                    parts(text).map(name -> name.toLowerCase(Locale.ROOT)).toList();
            boolean wellFormed = names.size() <= MOST_HEADERS
                    && names.stream().allMatch(name -> name.matches("[a-z0-9!#$%&'*+.^_`|~-]{1,128}"));
            check(wellFormed, "at most " + MOST_HEADERS + " names of headers, separated by commas");
            return names;
        };
    }

    private static Stream<String> parts(String text) {
        return Stream.of(text.split(",")).map(String::trim).filter(part -> !part.isEmpty());
    }

    private static void check(boolean holds, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(expected);
        }
    }
}
