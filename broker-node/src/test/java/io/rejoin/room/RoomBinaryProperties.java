package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class RoomBinaryProperties {

    /** A type and how it is carried. */
    private record Form<T>(Function<Values, T> values, Writer<T> writer, Reader<T> reader) {}

    @FunctionalInterface
    private interface Writer<T> {
        void write(DataOutput out, T value) throws IOException;
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(DataInput in) throws IOException;
    }

    private static final List<Form<?>> FORMS = List.of(
            new Form<>(Values::position, RoomBinary::write, RoomBinary::readPosition),
            new Form<>(Values::node, RoomBinary::write, RoomBinary::readNode),
            new Form<>(
                    values -> new HashSet<>(values.list(Values::node)), RoomBinary::writeNodes, RoomBinary::readNodes),
            new Form<>(Values::publication, RoomBinary::write, RoomBinary::readPublication),
            new Form<>(
                    values -> values.list(Values::publication),
                    RoomBinary::writePublications,
                    RoomBinary::readPublications),
            new Form<>(values -> values.list(Values::draft), RoomBinary::writeDrafts, RoomBinary::readDrafts),
            new Form<>(Values::change, RoomBinary::write, RoomBinary::readChange),
            new Form<>(Values::result, RoomBinary::write, RoomBinary::readAppendResult),
            new Form<>(values -> values.list(Values::query), RoomBinary::writeQueries, RoomBinary::readQueries),
            new Form<>(
                    values -> new JoinView(values.position(), values.list(Values::start)),
                    RoomBinary::write,
                    RoomBinary::readJoinView),
            new Form<>(Values::page, RoomBinary::write, RoomBinary::readHistoryView),
            new Form<>(
                    values -> new RelayBatch(
                            new RoomId("room " + values.text()), values.position(), values.list(Values::publication)),
                    RoomBinary::write,
                    RoomBinary::readRelayBatch));

    private record Values(Random random) {

        <T> List<T> list(Function<Values, T> element) {
            List<T> list = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                list.add(element.apply(this));
            }
            return list;
        }

        String text() {
            return new String[] {"", "a", "grün", "\u20ac \ud83d\ude00", "x".repeat(200)}[random.nextInt(5)];
        }

        Epoch epoch() {
            return new Epoch(random.nextLong(-1, Long.MAX_VALUE));
        }

        Position position() {
            return new Position(epoch(), random.nextLong(0, Long.MAX_VALUE));
        }

        NodeId node() {
            return new NodeId(uuid());
        }

        UUID uuid() {
            return new UUID(random.nextLong(), random.nextLong());
        }

        Payload payload() {
            return Payload.ofJson("\"" + text() + "\"");
        }

        Publication publication() {
            return new Publication(
                    random.nextLong(0, Long.MAX_VALUE),
                    epoch(),
                    random.nextLong(),
                    payload(),
                    random.nextBoolean() ? text() : null,
                    random.nextBoolean() ? new UserId(text()) : null,
                    random.nextBoolean() ? new PublisherId(text()) : null,
                    random.nextLong(0, Long.MAX_VALUE));
        }

        Draft draft() {
            return new Draft(
                    new SessionId(text()),
                    new PublisherId(text()),
                    random.nextBoolean() ? new UserId(text()) : null,
                    random.nextLong(1, Long.MAX_VALUE),
                    random.nextLong(0, Long.MAX_VALUE),
                    random.nextBoolean() ? payload() : null,
                    random.nextBoolean() ? text() : null);
        }

        RoomChange change() {
            return new RoomChange(
                    epoch(),
                    random.nextLong(),
                    uuid(),
                    epoch(),
                    random.nextLong(),
                    list(Values::draft),
                    random.nextLong(),
                    random.nextBoolean(),
                    list(values -> new SessionId(values.text())),
                    random.nextLong());
        }

        AppendResult result() {
            return random.nextInt(5) == 0
                    ? new AppendResult.NotInSync()
                    : new AppendResult.Settled(
                            position(),
                            epoch(),
                            random.nextLong(),
                            list(Values::outcome),
                            new HashSet<>(list(Values::node)));
        }

        DraftOutcome outcome() {
            Position position = random.nextBoolean() ? position() : null;
            return switch (random.nextInt(4)) {
                case 0 -> new DraftOutcome.Applied(position);
                case 1 -> new DraftOutcome.Duplicate(position);
                case 2 -> new DraftOutcome.OutOfOrder(random.nextLong());
                default -> new DraftOutcome.PublisherLimit();
            };
        }

        JoinQuery query() {
            return new JoinQuery(
                    random.nextBoolean() ? position() : null,
                    random.nextInt(),
                    new ReplayCap(random.nextInt(), random.nextInt()));
        }

        GapRange gap() {
            GapReason[] reasons = GapReason.values();
            return new GapRange(reasons[random.nextInt(reasons.length)], random.nextLong(), random.nextLong());
        }

        JoinedResult start() {
            return switch (random.nextInt(3)) {
                case 0 -> new JoinedResult.Live(position());
                case 1 -> new JoinedResult.Resumed(position());
                default -> new JoinedResult.Gapped(position(), gap());
            };
        }

        HistoryView page() {
            return new HistoryView(
                    list(Values::publication), position(), random.nextBoolean(), random.nextBoolean() ? gap() : null);
        }
    }

    private static <T> byte[] written(Form<T> form, T value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        form.writer().write(new DataOutputStream(bytes), value);
        return bytes.toByteArray();
    }

    private static <T> void assertReadBack(Form<T> form, Random random) throws IOException {
        T value = form.values().apply(new Values(random));
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(written(form, value)));

        assertThat(form.reader().read(in)).isEqualTo(value);
        assertThat(in.available()).isZero();
    }

    @Property(tries = 2_000)
    void everyTypeIsReadBackToItsLastByte(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        for (Form<?> form : FORMS) {
            assertReadBack(form, random);
        }
    }

    /** Damages bytes and reads them; anything but a value or an {@link IOException} comes out. */
    private static <T> void readDamaged(Form<T> form, Random random) throws IOException {
        byte[] bytes = written(form, form.values().apply(new Values(random)));
        for (int i = 1 + random.nextInt(3); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        try {
            T read = form.reader().read(new DataInputStream(new ByteArrayInputStream(bytes)));
            assertThat(read).isNotNull();
        } catch (IOException refused) {
            assertThat(refused).isNotNull();
        }
    }

    @Property(tries = 4_000)
    void damagedBytesGiveAValueOrAnIoException(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        for (Form<?> form : FORMS) {
            readDamaged(form, random);
        }
    }

    @Property(tries = 4_000)
    void damagedLogsGiveALogOrAnIoException(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Form<RoomRecord> form = new Form<>(
                RoomBinaryProperties::log,
                (out, log) -> RoomBinary.write(out, log, 5),
                in -> RoomBinary.readRecord(in, 9));

        readDamaged(form, random);
    }

    private static RoomRecord log(Values values) {
        RoomRecord.Moment moment = new RoomRecord.Moment(new UUID(0, 1), 7, 5, 5, values.random());
        RoomRecord log = RoomRecord.apply(null, RoomRecord.planCreation(moment), 5, RoomWorld.LIMITS);
        for (int number = 1; number <= values.random().nextInt(9); number++) {
            List<Draft> batch = List.of(RoomWorld.draft("s", number, 1), RoomWorld.draft("t", number, 1));
            RoomRecord.apply(
                    log, RoomRecord.plan(log, batch, moment, RoomWorld.LIMITS).change(), 5, RoomWorld.LIMITS);
        }
        log.lease(values.node(), 5, RoomWorld.LIMITS);
        return log;
    }
}
