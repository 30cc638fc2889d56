package io.rejoin.room;

/** What becomes of a member that made no progress for the grace of its room. */
public enum SlowConsumerAction {
    /** Its connection is closed with 4002. */
    CLOSE("close"),
    /** It is told {@code gap} with reason {@code limit} and goes on at the head. */
    SKIP("skip");

    private final String text;

    SlowConsumerAction(String text) {
        this.text = text;
    }

    /** The action as it stands in the configuration. */
    public String text() {
        return text;
    }
}
