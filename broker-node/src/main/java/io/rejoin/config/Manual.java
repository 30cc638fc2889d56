package io.rejoin.config;

import java.util.stream.Collectors;

/** The tables of settings as the manual shows them. */
final class Manual {

    private Manual() {}

    /** A Markdown table, one row per key. */
    static String table() {
        return "| key | environment | default | what it does |\n|---|---|---|---|\n"
                + Settings.all().stream()
                        .map(setting -> "| `" + setting.key() + "` | `" + setting.environmentName() + "` | "
                                + setting.manualDefault() + " | " + setting.sentence() + " |\n")
                        .collect(Collectors.joining());
    }

    /** Namespaces as they stand in a file, with every key. */
    static final String NAMESPACE_EXAMPLE = """
            rooms:
              "prices/":
                class: conflated
                conflation-interval: 100ms
                history-count: 1000
                history-bytes: 512KiB
                history-age: 10m
                members: 10000
                publishers: 64
                publish-rate: 500
                publish: nobody
                slow-consumer-grace: 30s
                slow-consumer-action: skip
                presence: false
              "prices/test/":
                history-count: 100
              "typing/": {class: ephemeral, publish: members}
            """;

    /** A Markdown table of what a namespace may set, and the example. */
    static String namespaces() {
        return "| key | when it is not set | what it does |\n|---|---|---|\n"
                + Settings.ofPolicies().stream()
                        .map(setting -> "| `" + Settings.policyKey(setting) + "` | as `" + setting.key() + "` | "
                                + setting.sentence() + " |\n")
                        .collect(Collectors.joining())
                + "\n```yaml\n" + NAMESPACE_EXAMPLE + "```\n";
    }
}
