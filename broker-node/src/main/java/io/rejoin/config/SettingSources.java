package io.rejoin.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.common.MapBackedConfigSource;
import io.smallrye.config.source.yaml.YamlConfigSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * Values of all sources by precedence: defaults, file, environment, system properties. Collects the faults.
 *
 * <p>Threading: confined to the start.
 */
final class SettingSources {

    private static final String PROPERTY_PREFIX = "rejoin.";
    private static final String ENVIRONMENT = "environment";
    private static final String PROPERTIES = "system property";
    /** Read by logback, before there are settings. */
    private static final Set<String> OTHER_VARIABLES = Set.of("REJOIN_LOG_LEVEL");

    /** The mapping of the file that is no setting. */
    private static final String NAMESPACES = "rooms";

    private static final int FILE_ORDINAL = 200;
    private static final int ENVIRONMENT_ORDINAL = 300;
    private static final int PROPERTIES_ORDINAL = 400;

    private final List<String> faults = new ArrayList<>();
    private final Set<String> faulty = new HashSet<>();
    private final Set<String> given = new HashSet<>();
    private final SmallRyeConfig config;
    private final Map<String, Setting<?>> byKey = new TreeMap<>();
    private String fileSource = "";
    private @Nullable Object namespaces;

    SettingSources(Optional<Path> file, Map<String, String> environment, Map<String, String> properties) {
        Settings.all().forEach(setting -> byKey.put(setting.key(), setting));
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder();
        file.ifPresent(path -> addFile(builder, path));
        addEnvironment(builder, environment);
        addProperties(builder, properties);
        byKey.values().forEach(setting -> builder.withDefaultValue(setting.key(), setting.defaultText()));
        config = builder.build();
    }

    private void addFile(SmallRyeConfigBuilder builder, Path path) {
        try {
            String text = Files.readString(path, StandardCharsets.UTF_8);
            fileSource = "file " + path;
            keepNamespaces(text);
            Map<String, String> values = new HashMap<>();
            Set<String> keys = new TreeSet<>();
            new YamlConfigSource(path.toString(), text, FILE_ORDINAL)
                    .getProperties()
                    .forEach((quoted, value) -> {
                        if (isOfNamespaces(quoted)) {
                            return;
                        }
                        String name = quoted.replace("\"", "");
                        int index = name.indexOf('[');
                        // The elements of a list come after the list as a whole.
                        keys.add(index < 0 ? name : name.substring(0, index));
                        if (index < 0) {
                            values.put(name, value);
                        }
                    });
            keys.forEach(key -> checkKey(key, values, fileSource));
            builder.withSources(source(fileSource, FILE_ORDINAL, values));
        } catch (NoSuchFileException e) {
            faults.add("--config " + path + " is not there (expected: a YAML file)");
        } catch (IOException | UncheckedIOException e) {
            faults.add("--config " + path + " cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            faults.add("--config " + path + " is no YAML of keys and values: "
                    + String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
        }
    }

    /** Prefixes of room names may hold dots, quotes and brackets, so that their mapping cannot be read from flattened keys. */
    private void keepNamespaces(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        Object tree = new Yaml(new SafeConstructor(options)).load(text);
        if (tree instanceof Map<?, ?> mapping) {
            namespaces = mapping.get(NAMESPACES);
        } else if (tree != null) {
            throw new IllegalArgumentException("not a mapping");
        }
    }

    private static boolean isOfNamespaces(String flatKey) {
        return flatKey.equals(NAMESPACES)
                || flatKey.startsWith(NAMESPACES + ".")
                || flatKey.startsWith(NAMESPACES + "[");
    }

    private void checkKey(String key, Map<String, String> values, String source) {
        if (!byKey.containsKey(key)) {
            faults.add(key + " (from " + source + ") is no setting; did you mean " + nearest(key, Setting::key) + "?");
        } else if (!values.containsKey(key)) {
            faults.add(key + " (from " + source + ") is a structure (expected: a value, or a list of values)");
        }
    }

    private ConfigSource source(String name, int ordinal, Map<String, String> values) {
        given.addAll(values.keySet());
        return new MapBackedConfigSource(name, values, ordinal) {};
    }

    private void addEnvironment(SmallRyeConfigBuilder builder, Map<String, String> environment) {
        Map<String, Setting<?>> byVariable = new HashMap<>();
        byKey.values().forEach(setting -> byVariable.put(setting.environmentName(), setting));
        Map<String, String> values = new HashMap<>();
        new TreeMap<>(environment).forEach((name, value) -> {
            Setting<?> setting = byVariable.get(name);
            if (setting != null) {
                values.put(setting.key(), value);
            } else if (Setting.isOurs(name) && !OTHER_VARIABLES.contains(name)) {
                faults.add(name + " (from the environment) is no setting; did you mean "
                        + nearest(name, Setting::environmentName) + "?");
            }
        });
        builder.withSources(source(ENVIRONMENT, ENVIRONMENT_ORDINAL, values));
    }

    private void addProperties(SmallRyeConfigBuilder builder, Map<String, String> properties) {
        Map<String, String> values = new HashMap<>();
        byKey.values().forEach(setting -> {
            String value = properties.get(PROPERTY_PREFIX + setting.key());
            if (value != null && setting.secret()) {
                faults.add(setting.key()
                        + " (from system property) is a secret, and everybody on the machine can see a command line (expected: in the"
                        + " file or as " + setting.environmentName() + ")");
            } else if (value != null) {
                values.put(setting.key(), value);
            }
        });
        builder.withSources(source(PROPERTIES, PROPERTIES_ORDINAL, values));
    }

    private String nearest(String name, Function<Setting<?>, String> shown) {
        return nearest(name, byKey.values().stream().map(shown));
    }

    /** The known name that is most like another one. */
    static String nearest(String name, Stream<String> known) {
        return known.min(Comparator.comparingInt(one -> distance(name, one))).orElseThrow();
    }

    /** Levenshtein's edit distance. */
    static int distance(String left, String right) {
        int[] previous = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int[] current = new int[right.length() + 1];
            current[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int change = left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1;
                current[j] = Math.min(Math.min(current[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }
            previous = current;
        }
        return previous[right.length()];
    }

    /**
     * The value of a setting; when it is faulty the fault is noted.
     *
     * @param otherwise stands in for a faulty value, so that the rest is checked, too
     */
    <T> T get(Setting<T> setting, T otherwise) {
        ConfigValue value = config.getConfigValue(setting.key());
        String raw = value.getRawValue() == null ? "" : value.getRawValue();
        String text = raw.trim();
        try {
            return setting.parser().apply(text);
        } catch (IllegalArgumentException e) {
            // Several records may need the same setting.
            if (faulty.add(setting.key())) {
                faults.add(fault(setting, value, text, String.valueOf(e.getMessage())));
            }
            return otherwise;
        }
    }

    /** The value of a setting whose default stands in for a faulty one. */
    <T> T get(Setting<T> setting) {
        return get(setting, setting.parser().apply(setting.defaultText()));
    }

    private static String fault(Setting<?> setting, ConfigValue value, String text, String expected) {
        if (text.isEmpty() && setting.defaultText().isEmpty()) {
            return setting.key() + " is not set (expected: " + expected + "; in the file or as "
                    + setting.environmentName() + ")";
        }
        return setting.key() + "=" + (setting.secret() ? "***" : text) + " (from " + sourceOf(setting, value)
                + "; expected: " + expected + ")";
    }

    private static String sourceOf(Setting<?> setting, ConfigValue value) {
        String source = String.valueOf(value.getConfigSourceName());
        return switch (source) {
            case ENVIRONMENT -> ENVIRONMENT + " " + setting.environmentName();
            case PROPERTIES -> PROPERTIES + " " + PROPERTY_PREFIX + setting.key();
            default -> source;
        };
    }

    /** Whether a source has the setting, be it with the value of the default. */
    boolean isGiven(Setting<?> setting) {
        return given.contains(setting.key());
    }

    /** What the file has for the rooms of namespaces; {@code null} for nothing. */
    @Nullable
    Object namespaces() {
        return namespaces;
    }

    /** The file as faults name it. */
    String fileSource() {
        return fileSource;
    }

    /** Notes a fault of several settings together, unless one of them is faulty by itself. */
    void check(boolean holds, String fault, Setting<?>... involved) {
        if (!holds && areSound(involved)) {
            faults.add(fault);
        }
    }

    boolean areSound(Setting<?>... settings) {
        for (Setting<?> setting : settings) {
            if (faulty.contains(setting.key())) {
                return false;
            }
        }
        return true;
    }

    void addFault(String fault) {
        faults.add(fault);
    }

    void addFaults(List<String> more) {
        faults.addAll(more);
    }

    void throwFaults() throws ConfigException {
        if (!faults.isEmpty()) {
            throw new ConfigException(faults);
        }
    }
}
