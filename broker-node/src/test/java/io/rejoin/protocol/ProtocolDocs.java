package io.rejoin.protocol;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of the contract, found from wherever the tests are run. */
final class ProtocolDocs {

    private ProtocolDocs() {}

    static String read(String pathInRepository) throws IOException {
        return Files.readString(root().resolve(pathInRepository));
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve("docs/protocol.md"))) {
            folder = folder.getParent();
        }
        return folder == null
                ? fail("docs/protocol.md is in no folder above " + Path.of("").toAbsolutePath())
                : folder;
    }
}
