package io.rejoin.chaos.checker;

/** What the name of a room tells of its policy. */
final class Rooms {

    private Rooms() {}

    /** Whether members that lag may be left out of superseded values. */
    static boolean isConflated(String room) {
        return room.contains("conflated");
    }
}
