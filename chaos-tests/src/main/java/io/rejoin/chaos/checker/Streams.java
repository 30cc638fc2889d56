package io.rejoin.chaos.checker;

/** Names of streams: {@code client#connection}. */
final class Streams {

    private Streams() {}

    /** The client that a connection belongs to. */
    static String client(String stream) {
        return stream.substring(0, Math.max(0, stream.lastIndexOf('#')));
    }

    /** A stream's part of one room. */
    static String key(String stream, String room) {
        return stream + ' ' + room;
    }

    /** Whether a client leaves for good while the run goes on, so that nothing is owed to it at the end. */
    static boolean isTransient(String client) {
        return client.startsWith("once-");
    }
}
