package io.rejoin.config;

import java.util.stream.Collectors;

/** The table of settings as the manual shows it. */
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
}
