package io.rejoin.room;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Every decision of a simulated run, drawn by chance and written down, or read from what was written down.
 *
 * <p>Decisions come in blocks, the set-up first and then one block per step, so that a step can be taken out of a schedule without
 * changing what the others decide. 0 is always the plainest choice: no delay, no fault. A block that has run out goes on with it.
 *
 * <p>Threading: that of the test.
 */
final class Choices {

    private final @Nullable SplittableRandom random;
    private final int[][] script;
    private final List<int[]> recorded = new ArrayList<>();
    private int[] block = new int[16];
    private int size;
    private int read;
    private int index = -1;
    private boolean calm;

    private Choices(@Nullable SplittableRandom random, int[][] script) {
        this.random = random;
        this.script = script;
    }

    /** Draws by chance: the same seed gives the same draws. */
    static Choices random(long seed) {
        return new Choices(new SplittableRandom(seed), new int[0][]);
    }

    /** Decides as it was decided before. */
    static Choices replay(int[][] script) {
        return new Choices(null, script);
    }

    /** Begins the block of the next step; returns its index. */
    int next() {
        endBlock();
        return ++index;
    }

    /** How many blocks a script has; 0 when chance decides. */
    int scripted() {
        return script.length;
    }

    /** From now on the plainest choice is made, and nothing written down. */
    void calm() {
        endBlock();
        calm = true;
    }

    /** Decides between {@code 0 … bound − 1}. */
    int pick(int bound) {
        if (calm || bound < 2) {
            return 0;
        }
        int choice;
        if (random != null) {
            choice = random.nextInt(bound);
        } else {
            boolean isWritten = index >= 0 && index < script.length && read < script[index].length;
            choice = isWritten ? Math.min(script[index][read], bound - 1) : 0;
            read++;
        }
        if (size == block.length) {
            block = Arrays.copyOf(block, 2 * size);
        }
        block[size++] = choice;
        return choice;
    }

    /** Whether the rare thing happens, once in so many times. */
    boolean oneIn(int times) {
        return pick(times) == times - 1 && times > 1;
    }

    private void endBlock() {
        if (index >= 0 && !calm) {
            int used = size;
            while (used > 0 && block[used - 1] == 0) {
                used--;
            }
            recorded.add(Arrays.copyOf(block, used));
        }
        size = 0;
        read = 0;
    }

    /** What was decided, to be replayed. */
    int[][] recorded() {
        return recorded.toArray(int[][]::new);
    }

    /** A script as text. */
    static String text(int[][] script) {
        return Arrays.stream(script)
                .map(one -> one.length == 0
                        ? "0"
                        : IntStream.of(one).mapToObj(Integer::toString).collect(Collectors.joining(".")))
                .collect(Collectors.joining("/"));
    }

    /**
     * Reads what {@link #text} wrote.
     *
     * @throws NumberFormatException when it is no such text
     */
    static int[][] parse(String text) {
        return Arrays.stream(text.split("/", -1))
                .map(one -> Arrays.stream(one.split("\\."))
                        .mapToInt(Integer::parseInt)
                        .toArray())
                .toArray(int[][]::new);
    }
}
