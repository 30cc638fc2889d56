package io.rejoin.value;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class EpochProperties {

    @Property
    void isReadBackFromItsText(@ForAll @LongRange(min = 1) long tag) {
        assertThat(Epoch.parse(new Epoch(tag).toString())).isEqualTo(new Epoch(tag));
    }

    @Property
    void isForeignOrWritesTheTextThatItWasReadFrom(@ForAll String text) {
        Epoch epoch = Epoch.parse(text);

        assertThat(epoch.equals(Epoch.FOREIGN) || epoch.toString().equals(text)).isTrue();
        assertThat(epoch.isMinted()).isNotEqualTo(epoch.equals(Epoch.FOREIGN));
    }
}
