package io.rejoin.chaos.flow;

import java.nio.file.Path;
import java.util.Random;

/** One part of the proof, with nodes and clients of its own. */
interface Show {

    /** Its name, in the table and as a directory. */
    String name();

    /**
     * Runs it; figures go to the report.
     *
     * @param random of every choice
     * @param directory for its node's configuration and log
     * @throws IllegalStateException when something does not come about in time
     */
    void run(FlowPlan plan, Random random, Path directory, Report report);
}
