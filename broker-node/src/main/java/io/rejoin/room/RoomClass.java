package io.rejoin.room;

/** How a room treats a member that does not keep up, and whether it keeps a log at all. */
public enum RoomClass {
    /** Every publication, in order; who lags reads the log. */
    DURABLE("durable"),
    /** As durable, but who lags gets only the newest value of each key. */
    CONFLATED("conflated"),
    /** No log: publications reach whoever can take them now. */
    EPHEMERAL("ephemeral");

    private final String text;

    RoomClass(String text) {
        this.text = text;
    }

    /** The class as it stands in the configuration. */
    public String text() {
        return text;
    }
}
