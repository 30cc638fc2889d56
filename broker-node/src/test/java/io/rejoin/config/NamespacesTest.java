package io.rejoin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicies.Namespace;
import io.rejoin.room.RoomPolicy;
import io.rejoin.room.SlowConsumerAction;
import io.rejoin.value.RoomId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamespacesTest {

    private static final Map<String, String> MINIMUM = Map.of("REJOIN_AUTH_MODE", "anonymous");

    @TempDir
    private Path directory;

    private RoomPolicies load(String yaml) throws Exception {
        return load(yaml, MINIMUM);
    }

    private RoomPolicies load(String yaml, Map<String, String> environment) throws Exception {
        return ConfigLoader.load(Optional.of(file(yaml)), environment, Map.of(), "host-1")
                .rooms()
                .policies();
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(directory.resolve("rejoin.yaml"), yaml);
    }

    private List<String> faultsOf(String yaml) throws IOException {
        return faultsOf(yaml, MINIMUM);
    }

    private List<String> faultsOf(String yaml, Map<String, String> environment) throws IOException {
        Path file = file(yaml);
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.load(Optional.of(file), environment, Map.of(), "host-1"));
        assertThat(refused).isNotNull();
        return refused.faults().stream()
                .map(fault -> fault.replace(file.toString(), "FILE"))
                .toList();
    }

    @Test
    void theExampleOfTheManualSetsEveryKey() throws Exception {
        RoomPolicies policies = load(Manual.NAMESPACE_EXAMPLE);

        RoomPolicy fallback = policies.fallback();
        assertThat(policies.namespaces())
                .containsExactly(
                        new Namespace(
                                "prices/test/",
                                new RoomPolicy(
                                        RoomClass.DURABLE,
                                        100,
                                        fallback.historyBytes(),
                                        fallback.historyAge(),
                                        fallback.members(),
                                        fallback.publishers(),
                                        fallback.publishRate(),
                                        fallback.publishRight(),
                                        fallback.slowConsumerGrace(),
                                        fallback.slowConsumerAction(),
                                        Duration.ZERO,
                                        false)),
                        new Namespace(
                                "prices/",
                                new RoomPolicy(
                                        RoomClass.CONFLATED,
                                        1_000,
                                        512 << 10,
                                        Duration.ofMinutes(10),
                                        10_000,
                                        64,
                                        500,
                                        PublishRight.NOBODY,
                                        Duration.ofSeconds(30),
                                        SlowConsumerAction.SKIP,
                                        Duration.ofMillis(100),
                                        false)),
                        new Namespace(
                                "typing/",
                                new RoomPolicy(
                                        RoomClass.EPHEMERAL,
                                        0,
                                        0,
                                        Duration.ZERO,
                                        fallback.members(),
                                        0,
                                        fallback.publishRate(),
                                        PublishRight.MEMBERS,
                                        fallback.slowConsumerGrace(),
                                        fallback.slowConsumerAction(),
                                        Duration.ZERO,
                                        false)));
        assertThat(Settings.ofPolicies())
                .allSatisfy(setting ->
                        assertThat(Manual.NAMESPACE_EXAMPLE).contains("    " + Settings.policyKey(setting) + ": "));
    }

    @Test
    void theLongestPrefixWinsAndOtherRoomsTakeTheFallback() throws Exception {
        RoomPolicies policies = load("""
                room: {history-count: 7}
                rooms:
                  "a": {history-count: 1}
                  "a/b/c": {history-count: 3}
                  "a/b": {history-count: 2}
                """);

        assertThat(List.of("a", "alpha", "a/b", "a/bc", "a/b/c", "a/b/c/d", "b/a", "A"))
                .extracting(room -> policies.of(new RoomId(room)).historyCount())
                .containsExactly(1, 1, 2, 2, 3, 3, 7, 7);
    }

    @Test
    void takesWhatItDoesNotSetFromTheSettingsOfAllRooms() throws Exception {
        RoomPolicies policies = load(
                "rooms: {a/: {members: 5}, b/: {}}",
                Map.of("REJOIN_AUTH_MODE", "anonymous", "REJOIN_ROOM_HISTORY_COUNT", "11", "REJOIN_ROOM_MEMBERS", "6"));

        assertThat(policies.of(new RoomId("a/1")).historyCount()).isEqualTo(11);
        assertThat(policies.of(new RoomId("a/1")).members()).isEqualTo(5);
        assertThat(policies.of(new RoomId("b/1"))).isEqualTo(policies.fallback());
        assertThat(policies.fallback().members()).isEqualTo(6);
    }

    @Test
    void takesPrefixesAsTheyAre() throws Exception {
        RoomPolicies policies = load("""
                rooms:
                  "a.b[0]\\"q\\": ": {history-count: 1}
                  'räume 🎲/': {history-count: 2}
                  "rooms": {history-count: 3}
                """);

        assertThat(policies.namespaces())
                .extracting(Namespace::prefix)
                .containsExactlyInAnyOrder("a.b[0]\"q\": ", "räume 🎲/", "rooms");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "rooms:", "rooms: {}"})
    void hasNoNamespacesUnlessTheFileNamesThem(String yaml) throws Exception {
        assertThat(load(yaml).namespaces()).isEmpty();
    }

    @Test
    void letsTheIntervalOfAllRoomsBeForThoseThatAreConflated() throws Exception {
        RoomPolicies policies = load("""
                room: {conflation-interval: 50ms}
                rooms:
                  "prices/": {class: conflated}
                """);

        assertThat(policies.of(new RoomId("prices/1")).conflationInterval()).isEqualTo(Duration.ofMillis(50));
        assertThat(policies.fallback().conflationInterval()).isEqualTo(Duration.ZERO);
    }

    @Test
    void reportsAllFaultsTogether() throws Exception {
        assertThat(faultsOf("""
                        room:
                          class: duräble
                          publisher: 3
                        rooms:
                          "a/":
                            histroy-count: 3
                            history-count: 0
                            history-age: 10
                            members: [1]
                            publish:
                            presence: 1
                          "$a/": {publish-rate: -1}
                        """))
                .containsExactlyInAnyOrder(
                        "room.publisher (from file FILE) is no setting; did you mean room.publishers?",
                        "room.class=duräble (from file FILE; expected: durable, conflated or ephemeral)",
                        "rooms.\"a/\".histroy-count (from file FILE) is no key of a policy; did you mean history-count?",
                        "rooms.\"a/\".history-count=0 (from file FILE; expected: 1 to 10000000)",
                        "rooms.\"a/\".history-age=10 (from file FILE; expected: a time with its unit, 1s to 365d, such as 500ms,"
                                + " 30s, 5m, 2h or 1d)",
                        "rooms.\"a/\".members (from file FILE) is a structure (expected: a value)",
                        "rooms.\"a/\".publish= (from file FILE; expected: anyone, members or nobody)",
                        "rooms.\"a/\".presence=1 (from file FILE; expected: false or true)",
                        "rooms.\"$a/\" (from file FILE) is no namespace: rooms that start with $ are reserved (expected: another"
                                + " prefix)",
                        "rooms.\"$a/\".publish-rate=-1 (from file FILE; expected: 0 to 1000000)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    {"": {}}                                        | rooms."" (from file FILE) is no namespace: it is empty
                    {5: {}}                                         | rooms."5" (from file FILE) is no namespace: it is not a text
                    {~: {}}                                         | rooms."" (from file FILE) is no namespace: it is empty
                    {"a\\a": {}}                                    | rooms."a?" (from file FILE) is no namespace: as a name, room has a control
                    {a/: }                                          | rooms."a/"= (from file FILE; expected: a mapping of the policy's keys
                    {a/: 5}                                         | rooms."a/"=5 (from file FILE; expected: a mapping of the policy's keys
                    [a/]                                            | rooms=[a/] (from file FILE; expected: a mapping of prefixes
                    durable                                         | rooms=durable (from file FILE; expected: a mapping of prefixes
                    {a/: {conflation-interval: 1s}}                 | rooms."a/".conflation-interval=1s (from file FILE; expected: only with class=conflated, here class=durable)
                    {a/: {class: ephemeral, history-count: 5}}      | rooms."a/".history-count=5 (from file FILE; expected: not with class=ephemeral, which keeps no log)
                    {a/: {class: ephemeral, publishers: 5}}         | rooms."a/".publishers=5 (from file FILE; expected: not with class=ephemeral, which keeps no log)
                    {a/: {class: ephemeral, slow-consumer-grace: 5s}} | rooms."a/".slow-consumer-grace=5s (from file FILE; expected: not with class=ephemeral
                    {a/: {}, a/: {}}                                | --config FILE is no YAML of keys and values: while constructing a mapping
                    """)
    void refusesWhatIsNoNamespace(String rooms, String fault) throws Exception {
        assertThat(faultsOf("rooms: " + rooms)).singleElement().asString().startsWith(fault);
    }

    @Test
    void refusesAPrefixThatNoRoomCanHave() throws Exception {
        assertThat(load("rooms: {" + "a".repeat(255) + ": {}}").namespaces()).hasSize(1);
        assertThat(faultsOf("rooms: {" + "ä".repeat(128) + ": {}}"))
                .singleElement()
                .asString()
                .endsWith("is no namespace: as a name, room is longer than expected (expected: 1..255 bytes of UTF-8)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {conflation-interval: 1s}              | room.conflation-interval=1000ms (expected: only with room.class=conflated or a namespace of that class)
                    {class: ephemeral, history-age: 1h}    | room.history-age is set (expected: not with class=ephemeral, which keeps no log, unless a namespace has another class)
                    """)
    void refusesASettingOfAllRoomsThatNoRoomTakes(String room, String fault) throws Exception {
        assertThat(faultsOf("room: " + room)).containsExactly(fault);
    }

    @Test
    void takesNamespacesFromNowhereButTheFile() throws Exception {
        assertThat(faultsOf("rooms.a/.members: 5"))
                .containsExactly("rooms.a/.members (from file FILE) is no setting; did you mean room.members?");
        assertThat(faultsOf("", Map.of("REJOIN_AUTH_MODE", "anonymous", "REJOIN_ROOMS_A_MEMBERS", "5")))
                .containsExactly(
                        "REJOIN_ROOMS_A_MEMBERS (from the environment) is no setting; did you mean REJOIN_ROOM_MEMBERS?");
    }
}
