package io.rejoin.chaos.mutants;

/** What happens to a cluster while its clients publish, follow and hop; each stays within what the cluster tolerates. */
public enum Provocation {

    /** Nothing but that clients hop between nodes. */
    HOPS("clients hop"),

    /** Each node is killed once; before the next kill every room has acknowledged. */
    KILLS("each node is killed once"),

    /** A node is killed, and as soon as every room has acknowledged again another one; then both come back. */
    KILL_AND_KILL("a node is killed, and the next one once all rooms acknowledge again"),

    /** A node is frozen, another is killed meanwhile, the first one wakes; nobody publishes afterwards. */
    KILL_BEHIND_FREEZE("a node is killed while another is frozen"),

    /** A node is frozen until the others have removed it, then wakes. */
    ZOMBIE("a node is frozen until it is removed, and wakes"),

    /** The owner of many rooms is cut from its copies, and killed. */
    CUT_THEN_KILL("a node is cut from the others, which go on with its clients, and is killed"),

    /** Connections between members are reset again and again; then a node is killed. */
    RESETS_AND_KILLS("connections between nodes are reset, then a node is killed");

    private final String text;

    Provocation(String text) {
        this.text = text;
    }

    /** For the table. */
    String text() {
        return text;
    }
}
