package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.TailBudget;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class RoomTailProperties {

    /** A tail beside a list of everything that it was given since it last jumped. */
    private static final class Model {
        private final int maxFrames;
        private final int maxBytes;
        private final RoomTail tail;
        private final TailBudget budget = new TailBudget(Integer.MAX_VALUE, () -> 7);
        private final List<EncodedFrame> frames = new ArrayList<>();
        private final List<Position> positions = new ArrayList<>();
        private long generation;
        private int kept;

        Model(int maxFrames, int maxBytes) {
            this.maxFrames = maxFrames;
            this.maxBytes = maxBytes;
            startAt(new Position(new Epoch(1), 0));
            this.tail = new RoomTail(positions.get(0), maxFrames, maxBytes);
            tail.countIn(budget);
        }

        private void startAt(Position position) {
            frames.clear();
            positions.clear();
            positions.add(position);
            kept = 0;
        }

        private Position last() {
            return positions.get(positions.size() - 1);
        }

        void append(int size) {
            Position next = new Position(new Epoch(1 + size % 3), last().offset() + 1);
            EncodedFrame frame = new EncodedFrame(new byte[size]);
            assertThat(tail.append(new Position(next.epoch(), next.offset() + 1), null, frame))
                    .isFalse();
            assertThat(tail.append(last(), null, frame)).isFalse();
            assertThat(tail.append(next, null, frame)).isTrue();
            frames.add(frame);
            positions.add(next);
            kept++;
            while (kept > 1 && (kept > maxFrames || keptBytes() > maxBytes)) {
                kept--;
            }
        }

        private int keptBytes() {
            return frames.subList(frames.size() - kept, frames.size()).stream()
                    .mapToInt(EncodedFrame::size)
                    .sum();
        }

        void jump(int far) {
            Position there = new Position(new Epoch(1), last().offset() + far);
            tail.jump(there);
            startAt(there);
        }

        void empty(boolean allButNewest) {
            tail.empty(allButNewest);
            kept = allButNewest ? Math.min(kept, 1) : 0;
        }

        void replace(int where) {
            Position there = new Position(new Epoch(7), where);
            generation = tail.replace(there);
            startAt(there);
        }

        void check(int most) {
            assertThat(tail.head()).isEqualTo(last());
            assertThat(tail.generation()).isEqualTo(generation);
            assertThat(tail.bytes()).isEqualTo(keptBytes());
            assertThat(budget.used()).isEqualTo(keptBytes());
            assertThat(tail.after(last(), generation + 1, most)).isNull();
            int oldest = positions.size() - 1 - kept;
            for (int i = 0; i < positions.size(); i++) {
                assertThat(tail.holds(positions.get(i))).isEqualTo(i >= oldest);
                assertThat(tail.holds(
                                new Position(new Epoch(99), positions.get(i).offset())))
                        .isFalse();
                checkSlice(i, i < oldest, most);
            }
            assertThat(tail.holds(new Position(last().epoch(), last().offset() + 1)))
                    .isFalse();
        }

        private void checkSlice(int from, boolean isBehind, int most) {
            RoomTail.Slice slice = tail.after(positions.get(from), generation, most);
            assertThat(slice.behind()).isEqualTo(isBehind);
            int count = slice.frames().size();
            assertThat(slice.end()).isEqualTo(positions.get(from + count));
            assertThat(slice.frames()).isEqualTo(frames.subList(from, from + count));
            if (!isBehind && from < frames.size()) {
                assertThat(count).isPositive();
                int size = slice.frames().stream().mapToInt(EncodedFrame::size).sum();
                assertThat(count == 1 || size <= most).isTrue();
                boolean isAll = from + count == frames.size();
                assertThat(isAll || size + frames.get(from + count).size() > most)
                        .isTrue();
            }
        }
    }

    @Property(tries = 3_000)
    void tailIsTheNewestPartOfWhatItWasGiven(
            @ForAll @Size(max = 60) List<@IntRange(max = 92) Integer> steps,
            @ForAll @IntRange(min = 1, max = 20) int maxFrames,
            @ForAll @IntRange(min = 1, max = 600) int maxBytes,
            @ForAll @IntRange(max = 200) int most) {
        Model model = new Model(maxFrames, maxBytes);
        for (int step : steps) {
            if (step > 90) {
                model.empty(step == 91);
            } else if (step == 90) {
                model.replace(maxFrames);
            } else if (step >= 86) {
                model.jump(step - 85);
            } else {
                model.append(step);
            }
            model.check(most);
        }
        model.tail.countOut();
        assertThat(model.budget.used()).isZero();
    }
}
