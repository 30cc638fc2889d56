package io.rejoin.chaos.mutants;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles mutants against the node that was built, and makes the means to start a node with a mutant's classes in front.
 *
 * <p>Nodes have no switch for it. Their start script has a fixed class path, so what is made here is another {@code java}: a script that
 * puts the mutant's classes in front of the class path that it is given, to be named by {@code JAVA_HOME}.
 *
 * <p>Threading: one thread.
 */
final class MutantBuild {

    private final Path home;
    private final String classPath;
    private final JavaCompiler compiler;

    /**
     * Prepares compiling.
     *
     * @param home directory of the project
     * @param classPath of the node
     */
    MutantBuild(Path home, String classPath) {
        this.home = home;
        this.classPath = classPath;
        this.compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new IllegalStateException(
                    "java.home=" + System.getProperty("java.home") + " has no compiler (expected: a JDK)");
        }
    }

    /** Compiles against the jars that the node's start script takes. */
    static MutantBuild againstNode(Path home) {
        Path lib = home.resolve("broker-node/target/dist/lib");
        try (Stream<Path> jars = Files.list(lib)) {
            return new MutantBuild(
                    home, String.join(":", jars.map(Path::toString).sorted().toList()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + lib + " (expected: built by make build)", e);
        }
    }

    /** The sources of the files that a mutant is planted in, by path; as they are. */
    Map<String, String> originals(Mutant mutant) {
        Map<String, String> sources = new LinkedHashMap<>();
        mutant.replacements().forEach(r -> sources.computeIfAbsent(r.file(), file -> r.read(home)));
        return sources;
    }

    /**
     * The sources of the files that a mutant is planted in, by path; with the fault.
     *
     * @throws IllegalStateException when a replacement does not fit
     */
    Map<String, String> mutated(Mutant mutant) {
        Map<String, String> sources = originals(mutant);
        mutant.replacements().forEach(r -> sources.compute(r.file(), (file, text) -> r.applyTo(text)));
        return sources;
    }

    /**
     * Compiles sources into an empty directory.
     *
     * @throws IllegalStateException when they do not compile, with what the compiler says
     */
    void compile(Map<String, String> sources, Path classes) {
        StringWriter words = new StringWriter();
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((file, text) -> units.add(new Source(file, text)));
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            empty(classes);
            files.setLocation(StandardLocation.CLASS_OUTPUT, List.of(classes.toFile()));
            // Without debug information two classes are the same when their code is, wherever its lines are.
            List<String> options =
                    List.of("-proc:none", "-nowarn", "-parameters", "-g:none", "--release", "17", "-cp", classPath);
            if (!compiler.getTask(words, files, null, options, null, units).call()) {
                throw new IllegalStateException(sources.keySet() + " do not compile: " + words);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + classes, e);
        }
    }

    /**
     * Compiles a mutant and makes its {@code java}.
     *
     * @param directory of this mutant alone; emptied first
     * @return what {@code JAVA_HOME} has to be
     */
    Path build(Mutant mutant, Path directory) {
        Path classes = directory.resolve("classes").toAbsolutePath();
        compile(mutated(mutant), classes);
        return javaWith(classes, directory);
    }

    /**
     * Makes a {@code java} that has classes in front of any class path that it is given.
     *
     * @return what {@code JAVA_HOME} has to be
     */
    static Path javaWith(Path classes, Path directory) {
        Path java = directory.resolve("bin/java").toAbsolutePath();
        Path real = Path.of(System.getProperty("java.home"), "bin", "java");
        try {
            Files.createDirectories(java.getParent());
            Files.writeString(java, """
                    #!/bin/sh
                    before=
                    for argument in "$@"; do
                        shift
                        [ "$before" != -cp ] || argument="%s:$argument"
                        before=$argument
                        set -- "$@" "$argument"
                    done
                    exec "%s" "$@"
                    """.formatted(classes.toAbsolutePath(), real));
            Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make " + java, e);
        }
        return directory.toAbsolutePath();
    }

    private static void empty(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        Files.createDirectories(directory);
    }

    private static final class Source extends SimpleJavaFileObject {

        private final String text;

        Source(String file, String text) {
            super(URI.create("string:///" + file), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
