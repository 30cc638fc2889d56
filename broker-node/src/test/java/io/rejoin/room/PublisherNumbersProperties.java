package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

@Spec({"PB-3", "PB-4", "PB-5"})
class PublisherNumbersProperties {

    /** Each step leaves out {@code step / 10 % 3} numbers and, by its last digit, skips, or goes to the next or a later offset. */
    @Property(tries = 3_000)
    void newestNumbersKeepTheirPositions(
            @ForAll @Size(max = 80) List<@IntRange(max = 99) Integer> steps,
            @ForAll @IntRange(min = 1, max = 12) int inflight) {
        PublisherNumbers numbers = new PublisherNumbers(0);
        Map<Long, Position> went = new HashMap<>();
        long offset = 0;
        for (int step : steps) {
            long number = numbers.last() + 1 + step / 10 % 3;
            boolean isSkip = step % 10 < 2;
            offset += step % 10 < 7 ? 1 : 3;
            Epoch epoch = new Epoch(1 + step / 90);
            numbers.use(number, isSkip ? 0 : offset, epoch, number, inflight, step);
            went.put(number, isSkip ? null : new Position(epoch, offset));

            assertThat(numbers.last()).isEqualTo(number);
            assertThat(numbers.lastTick()).isEqualTo(step);
            assertThat(numbers.expected(0)).isEqualTo(number + 1);
            assertThat(numbers.expected(number + 5)).isEqualTo(number + 5);
            for (long recent = Math.max(1, number - inflight + 1); recent <= number; recent++) {
                assertThat(numbers.positionOf(recent)).isEqualTo(went.get(recent));
            }
            assertThat(numbers.positionOf(number + 1)).isNull();
            assertThat(numbers.runs().size()).isLessThanOrEqualTo(inflight);
        }
    }

    @Property(tries = 1_000)
    void forgettingWhatIsSettledWeighsWhatWasForetold(
            @ForAll @Size(max = 40) List<@IntRange(max = 9) Integer> steps, @ForAll @IntRange(max = 40) int first) {
        PublisherNumbers numbers = new PublisherNumbers(0);
        long offset = 0;
        for (int step : steps) {
            offset += 1 + step;
            numbers.use(numbers.last() + 1, offset, new Epoch(1), Math.min(first, numbers.last() + 1), 64, 0);
        }
        int foretold = numbers.weightUnsettled();
        Position newest = numbers.positionOf(numbers.last());

        numbers.forgetSettled();

        assertThat(numbers.weight()).isEqualTo(foretold);
        assertThat(numbers.positionOf(numbers.last())).isEqualTo(newest);
    }
}
