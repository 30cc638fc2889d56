package io.rejoin.benchmarks;

import java.nio.charset.StandardCharsets;

/**
 * Counts a word in a stream of bytes that comes in pieces. Cheap, so that the client program costs little beside the server.
 *
 * <p>Threading: one thread. Limits: the first byte of the word must not occur in it again.
 */
final class ByteCounter {

    private final byte[] word;
    private int matched;
    private long count;

    ByteCounter(String word) {
        this.word = word.getBytes(StandardCharsets.US_ASCII);
        if (word.indexOf(word.charAt(0), 1) >= 0) {
            throw new IllegalArgumentException("word: " + word + " (expected: its first byte only once)");
        }
    }

    /** Takes the next byte; true when it completes the word. */
    boolean accept(byte next) {
        if (next == word[matched]) {
            if (++matched == word.length) {
                matched = 0;
                count++;
                return true;
            }
        } else {
            matched = next == word[0] ? 1 : 0;
        }
        return false;
    }

    long count() {
        return count;
    }
}
