package io.rejoin.chaos.report;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a report says of a run that its history does not know.
 *
 * <p>Threading: immutable.
 *
 * @param seed of every choice
 * @param nodes planned members
 * @param settings of the nodes and of the run, by name
 * @param versions of what took part, by name; see {@link #environment()}
 * @param repro one line that runs the same again
 * @param heapLimit of each node in bytes; 0 when it is not known
 */
public record RunFacts(
        long seed,
        int nodes,
        Map<String, String> settings,
        Map<String, String> versions,
        String repro,
        long heapLimit) {

    private static final Pattern LIBRARY =
            Pattern.compile("(?<=^|[:/])(broker-node|hazelcast|netty-transport|vertx-core)-(\\d[^:/]*)\\.jar");
    private static final Pattern HEAP_LIMIT = Pattern.compile("-Xmx(\\d+)([mMgG])");

    /** Copies the maps. */
    public RunFacts {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
    }

    /** Facts of a history that is checked without its run. */
    public static RunFacts unknown() {
        return new RunFacts(0, 0, Map.of(), environment(), "", 0);
    }

    /** What this process runs with: versions and the commit, as far as they can be told, and how many processors there are. */
    public static SortedMap<String, String> environment() {
        SortedMap<String, String> environment = new TreeMap<>();
        environment.put("java", System.getProperty("java.vm.name") + ' ' + System.getProperty("java.runtime.version"));
        environment.put("os", System.getProperty("os.name") + ' ' + System.getProperty("os.version"));
        environment.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
        String commit = commit();
        if (!commit.isEmpty()) {
            environment.put("commit", commit);
        }
        environment.putAll(libraries(System.getProperty("java.class.path")));
        return environment;
    }

    /** Versions of the libraries that a class path names. */
    static SortedMap<String, String> libraries(String classPath) {
        SortedMap<String, String> versions = new TreeMap<>();
        Matcher jar = LIBRARY.matcher(classPath);
        while (jar.find()) {
            versions.put(jar.group(1), jar.group(2));
        }
        return versions;
    }

    private static String commit() {
        ProcessBuilder git = new ProcessBuilder("git", "rev-parse", "--short=12", "HEAD")
                .directory(new File(System.getProperty("rejoin.home", ".")))
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = git.start();
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? answer : "";
        } catch (IOException e) {
            // A report of a release that was unpacked somewhere has no commit.
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /**
     * The limit of a heap.
     *
     * @param javaOptions arguments of a JVM
     * @return bytes; 0 when they do not tell
     */
    public static long heapLimit(String javaOptions) {
        Matcher limit = HEAP_LIMIT.matcher(javaOptions);
        long bytes = 0;
        while (limit.find()) {
            int shift = limit.group(2).equalsIgnoreCase("g") ? 30 : 20;
            bytes = Long.parseLong(limit.group(1)) << shift;
        }
        return bytes;
    }
}
