package io.rejoin.room;

/** Who may publish into a room. */
public enum PublishRight {
    /** Every authenticated client. */
    ANYONE("anyone"),
    /** Connections that have joined the room. */
    MEMBERS("members"),
    /** No client. */
    NOBODY("nobody");

    private final String text;

    PublishRight(String text) {
        this.text = text;
    }

    /** The right as it stands in the configuration. */
    public String text() {
        return text;
    }
}
