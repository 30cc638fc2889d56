package io.rejoin.room;

import java.util.List;

/**
 * Bugs that can be planted into the simulated cluster, by {@code -Dsimulation.plant=NAME}, to see whether the run finds them. Those of the
 * code under test are planted by replacing its source instead.
 */
final class Plant {

    static final String PROPERTY = "simulation.plant";

    /** An operation is acknowledged without its copies. */
    static final String COPIES_0 = "copies-0";

    /** The owner asks neither for a majority nor for copies. */
    static final String GATE_OFF = "gate-off";

    /** A call whose copies did not answer counts as settled, and one whose owner died is run again, as without Hazelcast's flag. */
    static final String INDETERMINATE_AS_SUCCESS = "indeterminate-as-success";

    /** Copies apply what does not follow what they hold. */
    static final String NO_LOG_MATCHING = "no-log-matching";

    /** Publications are relayed when the owner took them, before its copies did. */
    static final String FAN_OUT_BEFORE_ACK = "fan-out-before-ack";

    /** A join does not register the node's interest. */
    static final String INTEREST_LOST = "interest-lost";

    /** A session's record is written when its connection closes, not while it is open. */
    static final String SESSION_ON_CLOSE = "session-on-close";

    static final List<String> ALL = List.of(
            COPIES_0,
            GATE_OFF,
            INDETERMINATE_AS_SUCCESS,
            NO_LOG_MATCHING,
            FAN_OUT_BEFORE_ACK,
            INTEREST_LOST,
            SESSION_ON_CLOSE);

    private static String planted = "";

    private Plant() {}

    static boolean is(String name) {
        return name.equals(planted);
    }

    /** Plants a bug for what is run next; empty for none. */
    static void set(String name) {
        if (!name.isEmpty() && !ALL.contains(name)) {
            throw new IllegalArgumentException(PROPERTY + "=" + name + " (expected: one of " + ALL + ")");
        }
        planted = name;
    }
}
