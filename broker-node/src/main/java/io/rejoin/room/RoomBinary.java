package io.rejoin.room;

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
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The compact binary form of the log's types, between nodes only.
 *
 * <p>Every text that is written is at most 65,535 bytes; lists carry their count, optional parts a flag. Versions are the business
 * of whoever frames these bytes: fields are only ever added at the end of a frame.
 *
 * <p>Threading: thread-safe, stateless. Failure: reading throws {@link IOException} on bytes that this code never wrote.
 */
public final class RoomBinary {

    /** Far above every size that a node is set up with; keeps broken bytes from asking for all memory. */
    private static final int MAX_PAYLOAD = 64 << 20;

    private static final GapReason[] REASONS = GapReason.values();

    private RoomBinary() {}

    /** Writes an element of a list. */
    @FunctionalInterface
    private interface Writer<T> {
        void write(DataOutput out, T element) throws IOException;
    }

    /** Reads an element of a list. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(DataInput in) throws IOException;
    }

    private static <T> void writeList(DataOutput out, List<T> list, Writer<T> writer) throws IOException {
        out.writeInt(list.size());
        for (T element : list) {
            writer.write(out, element);
        }
    }

    private static int readSize(DataInput in, int most) throws IOException {
        int size = in.readInt();
        if (size < 0 || size > most) {
            throw new IOException("size=" + size + " (expected: 0.." + most + ")");
        }
        return size;
    }

    private static <T> List<T> readList(DataInput in, Reader<T> reader) throws IOException {
        int size = readSize(in, Integer.MAX_VALUE);
        List<T> list = new ArrayList<>(Math.min(size, 1024));
        for (int i = 0; i < size; i++) {
            list.add(reader.read(in));
        }
        return list;
    }

    private static void writeOptional(DataOutput out, @Nullable String text) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            out.writeUTF(text);
        }
    }

    private static @Nullable String readOptional(DataInput in) throws IOException {
        return in.readBoolean() ? in.readUTF() : null;
    }

    private static void writeUuid(DataOutput out, UUID id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID readUuid(DataInput in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static void writePayload(DataOutput out, Payload payload) throws IOException {
        out.writeInt(payload.size());
        out.write(payload.json());
    }

    private static Payload readPayload(DataInput in) throws IOException {
        byte[] json = new byte[readSize(in, MAX_PAYLOAD)];
        in.readFully(json);
        return Payload.ofJson(json);
    }

    /** Writes a position. */
    public static void write(DataOutput out, Position position) throws IOException {
        out.writeLong(position.epoch().tag());
        out.writeLong(position.offset());
    }

    /** Reads a position. */
    public static Position readPosition(DataInput in) throws IOException {
        Epoch epoch = new Epoch(in.readLong());
        long offset = in.readLong();
        if (offset < 0) {
            throw new IOException("offset=" + offset + " (expected: 0 or above)");
        }
        return new Position(epoch, offset);
    }

    private static void writeOptional(DataOutput out, @Nullable Position position) throws IOException {
        out.writeBoolean(position != null);
        if (position != null) {
            write(out, position);
        }
    }

    private static @Nullable Position readOptionalPosition(DataInput in) throws IOException {
        return in.readBoolean() ? readPosition(in) : null;
    }

    /** Writes a set of nodes. */
    public static void writeNodes(DataOutput out, Set<NodeId> nodes) throws IOException {
        out.writeInt(nodes.size());
        for (NodeId node : nodes) {
            writeUuid(out, node.value());
        }
    }

    /** Reads a set of nodes. */
    public static Set<NodeId> readNodes(DataInput in) throws IOException {
        int size = readSize(in, Integer.MAX_VALUE);
        Set<NodeId> nodes = new HashSet<>();
        for (int i = 0; i < size; i++) {
            nodes.add(new NodeId(readUuid(in)));
        }
        return nodes;
    }

    /** Writes one node. */
    public static void write(DataOutput out, NodeId node) throws IOException {
        writeUuid(out, node.value());
    }

    /** Reads one node. */
    public static NodeId readNode(DataInput in) throws IOException {
        return new NodeId(readUuid(in));
    }

    /** Writes a publication. */
    public static void write(DataOutput out, Publication publication) throws IOException {
        out.writeLong(publication.offset());
        out.writeLong(publication.epoch().tag());
        out.writeLong(publication.timeMs());
        writePayload(out, publication.data());
        writeOptional(out, publication.key());
        writeOptional(
                out, publication.user() == null ? null : publication.user().value());
        writeOptional(
                out,
                publication.publisher() == null ? null : publication.publisher().value());
        out.writeLong(publication.number());
    }

    /** Reads a publication. */
    public static Publication readPublication(DataInput in) throws IOException {
        long offset = in.readLong();
        Epoch epoch = new Epoch(in.readLong());
        long timeMs = in.readLong();
        Payload data = readPayload(in);
        String key = readOptional(in);
        String user = readOptional(in);
        String publisher = readOptional(in);
        return new Publication(
                offset,
                epoch,
                timeMs,
                data,
                key,
                user == null ? null : new UserId(user),
                publisher == null ? null : new PublisherId(publisher),
                in.readLong());
    }

    /** Writes publications. */
    public static void writePublications(DataOutput out, List<Publication> publications) throws IOException {
        writeList(out, publications, RoomBinary::write);
    }

    /** Reads publications. */
    public static List<Publication> readPublications(DataInput in) throws IOException {
        return readList(in, RoomBinary::readPublication);
    }

    private static void write(DataOutput out, Draft draft) throws IOException {
        out.writeUTF(draft.session().value());
        out.writeUTF(draft.publisher().value());
        writeOptional(out, draft.user() == null ? null : draft.user().value());
        out.writeLong(draft.number());
        out.writeLong(draft.first());
        out.writeBoolean(draft.data() != null);
        if (draft.data() != null) {
            writePayload(out, draft.data());
        }
        writeOptional(out, draft.key());
    }

    private static Draft readDraft(DataInput in) throws IOException {
        SessionId session = new SessionId(in.readUTF());
        PublisherId publisher = new PublisherId(in.readUTF());
        String user = readOptional(in);
        long number = in.readLong();
        long first = in.readLong();
        Payload data = in.readBoolean() ? readPayload(in) : null;
        return new Draft(
                session, publisher, user == null ? null : new UserId(user), number, first, data, readOptional(in));
    }

    /** Writes a batch. */
    public static void writeDrafts(DataOutput out, List<Draft> drafts) throws IOException {
        writeList(out, drafts, RoomBinary::write);
    }

    /** Reads a batch. */
    public static List<Draft> readDrafts(DataInput in) throws IOException {
        return readList(in, RoomBinary::readDraft);
    }

    /** Writes a change. */
    public static void write(DataOutput out, RoomChange change) throws IOException {
        out.writeLong(change.expectedTerm().tag());
        out.writeLong(change.expectedVersion());
        writeUuid(out, change.owner());
        out.writeLong(change.term().tag());
        out.writeLong(change.timeMs());
        writeDrafts(out, change.taken());
        out.writeLong(change.retainFrom());
        out.writeBoolean(change.forgetSettled());
        writeList(out, change.forgotten(), (to, session) -> to.writeUTF(session.value()));
        out.writeLong(change.electorate());
    }

    /** Reads a change. */
    public static RoomChange readChange(DataInput in) throws IOException {
        return new RoomChange(
                new Epoch(in.readLong()),
                in.readLong(),
                readUuid(in),
                new Epoch(in.readLong()),
                in.readLong(),
                readDrafts(in),
                in.readLong(),
                in.readBoolean(),
                readList(in, from -> new SessionId(from.readUTF())),
                in.readLong());
    }

    private static void write(DataOutput out, DraftOutcome outcome) throws IOException {
        if (outcome instanceof DraftOutcome.Applied applied) {
            out.writeByte(1);
            writeOptional(out, applied.position());
        } else if (outcome instanceof DraftOutcome.Duplicate duplicate) {
            out.writeByte(2);
            writeOptional(out, duplicate.position());
        } else if (outcome instanceof DraftOutcome.OutOfOrder outOfOrder) {
            out.writeByte(3);
            out.writeLong(outOfOrder.expected());
        } else if (outcome instanceof DraftOutcome.PublisherLimit) {
            out.writeByte(4);
        } else {
            throw new IOException("outcome=" + outcome + " (expected: one that a log gives)");
        }
    }

    private static DraftOutcome readOutcome(DataInput in) throws IOException {
        byte kind = in.readByte();
        return switch (kind) {
            case 1 -> new DraftOutcome.Applied(readOptionalPosition(in));
            case 2 -> new DraftOutcome.Duplicate(readOptionalPosition(in));
            case 3 -> new DraftOutcome.OutOfOrder(in.readLong());
            case 4 -> new DraftOutcome.PublisherLimit();
            default -> throw new IOException("outcome kind=" + kind + " (expected: 1..4)");
        };
    }

    /** Writes what the log made of a batch. */
    public static void write(DataOutput out, AppendResult result) throws IOException {
        out.writeBoolean(result instanceof AppendResult.Settled);
        if (result instanceof AppendResult.Settled settled) {
            write(out, settled.before());
            out.writeLong(settled.epoch().tag());
            out.writeLong(settled.timeMs());
            writeList(out, settled.outcomes(), RoomBinary::write);
            writeNodes(out, settled.interested());
        }
    }

    /** Reads what the log made of a batch. */
    public static AppendResult readAppendResult(DataInput in) throws IOException {
        return in.readBoolean()
                ? new AppendResult.Settled(
                        readPosition(in),
                        new Epoch(in.readLong()),
                        in.readLong(),
                        readList(in, RoomBinary::readOutcome),
                        readNodes(in))
                : new AppendResult.NotInSync();
    }

    private static void write(DataOutput out, JoinQuery query) throws IOException {
        writeOptional(out, query.after());
        out.writeInt(query.newest());
        out.writeInt(query.cap().publications());
        out.writeInt(query.cap().bytes());
    }

    /** Writes where members want to start. */
    public static void writeQueries(DataOutput out, List<JoinQuery> queries) throws IOException {
        writeList(out, queries, RoomBinary::write);
    }

    /** Reads where members want to start. */
    public static List<JoinQuery> readQueries(DataInput in) throws IOException {
        return readList(
                in,
                from -> new JoinQuery(
                        readOptionalPosition(from), from.readInt(), new ReplayCap(from.readInt(), from.readInt())));
    }

    private static void write(DataOutput out, GapRange gap) throws IOException {
        out.writeUTF(gap.reason().text());
        out.writeLong(gap.from());
        out.writeLong(gap.to());
    }

    private static GapRange readGap(DataInput in) throws IOException {
        String text = in.readUTF();
        for (GapReason reason : REASONS) {
            if (reason.text().equals(text)) {
                return new GapRange(reason, in.readLong(), in.readLong());
            }
        }
        throw new IOException("gap reason=" + text + " (expected: one of the contract)");
    }

    private static void write(DataOutput out, JoinedResult start) throws IOException {
        if (start instanceof JoinedResult.Live live) {
            out.writeByte(1);
            write(out, live.position());
        } else if (start instanceof JoinedResult.Resumed resumed) {
            out.writeByte(2);
            write(out, resumed.position());
        } else if (start instanceof JoinedResult.Gapped gapped) {
            out.writeByte(3);
            write(out, gapped.position());
            write(out, gapped.gap());
        } else {
            throw new IOException("start=" + start + " (expected: one that a log gives)");
        }
    }

    private static JoinedResult readStart(DataInput in) throws IOException {
        byte kind = in.readByte();
        return switch (kind) {
            case 1 -> new JoinedResult.Live(readPosition(in));
            case 2 -> new JoinedResult.Resumed(readPosition(in));
            case 3 -> new JoinedResult.Gapped(readPosition(in), readGap(in));
            default -> throw new IOException("start kind=" + kind + " (expected: 1..3)");
        };
    }

    /** Writes what a join saw. */
    public static void write(DataOutput out, JoinView view) throws IOException {
        write(out, view.head());
        writeList(out, view.starts(), RoomBinary::write);
    }

    /** Reads what a join saw. */
    public static JoinView readJoinView(DataInput in) throws IOException {
        return new JoinView(readPosition(in), readList(in, RoomBinary::readStart));
    }

    /** Writes a page. */
    public static void write(DataOutput out, HistoryView view) throws IOException {
        writePublications(out, view.publications());
        write(out, view.position());
        out.writeBoolean(view.more());
        out.writeBoolean(view.gap() != null);
        if (view.gap() != null) {
            write(out, view.gap());
        }
    }

    /** Reads a page. */
    public static HistoryView readHistoryView(DataInput in) throws IOException {
        return new HistoryView(
                readPublications(in), readPosition(in), in.readBoolean(), in.readBoolean() ? readGap(in) : null);
    }

    /** Writes a batch for relay. */
    public static void write(DataOutput out, RelayBatch batch) throws IOException {
        out.writeUTF(batch.room().name());
        write(out, batch.before());
        writePublications(out, batch.publications());
    }

    /** Reads a batch for relay. */
    public static RelayBatch readRelayBatch(DataInput in) throws IOException {
        return new RelayBatch(readRoom(in), readPosition(in), readPublications(in));
    }

    private static RoomId readRoom(DataInput in) throws IOException {
        try {
            return new RoomId(in.readUTF());
        } catch (IllegalArgumentException notAName) {
            throw new IOException(notAName.getMessage(), notAName);
        }
    }

    /**
     * Writes a whole log for a copy; ages and leases are written as what is past or left of them.
     *
     * @param tick the ticks of the node that writes
     */
    public static void write(DataOutput out, RoomRecord log, long tick) throws IOException {
        writeUuid(out, log.owner());
        out.writeLong(log.version());
        out.writeLong(log.head().offset());
        writeList(out, log.terms().starts(), (to, start) -> {
            to.writeLong(start.epoch().tag());
            to.writeLong(start.offset());
        });
        writePublications(out, List.copyOf(log.retained()));
        writeList(out, List.copyOf(log.publishers().entrySet()), (to, entry) -> {
            to.writeUTF(entry.getKey().value());
            write(to, entry.getValue(), tick);
        });
        writeList(out, List.copyOf(log.leases().entrySet()), (to, entry) -> {
            write(to, entry.getKey());
            to.writeLong(entry.getValue() - tick);
        });
        out.writeLong(log.electorate());
    }

    /**
     * Reads a whole log.
     *
     * @param tick the ticks of the node that reads
     */
    public static RoomRecord readRecord(DataInput in, long tick) throws IOException {
        RoomRecord log = new RoomRecord(readUuid(in));
        log.restore(in.readLong(), in.readLong());
        for (TermStarts.Start start :
                readList(in, from -> new TermStarts.Start(new Epoch(from.readLong()), from.readLong()))) {
            log.terms().add(start.epoch(), start.offset());
        }
        readPublications(in).forEach(log::restore);
        int publishers = readSize(in, Integer.MAX_VALUE);
        for (int i = 0; i < publishers; i++) {
            log.restore(new SessionId(in.readUTF()), readNumbers(in, tick));
        }
        int leases = readSize(in, Integer.MAX_VALUE);
        for (int i = 0; i < leases; i++) {
            log.leases().put(readNode(in), tick + in.readLong());
        }
        log.restore(in.readLong());
        return log;
    }

    private static void write(DataOutput out, PublisherNumbers numbers, long tick) throws IOException {
        out.writeLong(numbers.last());
        out.writeLong(numbers.settledBelow());
        out.writeLong(tick - numbers.lastTick());
        writeList(out, List.copyOf(numbers.runs()), (to, run) -> {
            to.writeLong(run.number());
            to.writeInt(run.count());
            to.writeLong(run.offset());
            to.writeLong(run.epoch().tag());
        });
    }

    private static PublisherNumbers readNumbers(DataInput in, long tick) throws IOException {
        long last = in.readLong();
        long settledBelow = in.readLong();
        PublisherNumbers numbers = new PublisherNumbers(tick - in.readLong());
        numbers.restore(last, settledBelow);
        readList(
                        in,
                        from -> new PublisherNumbers.Run(
                                from.readLong(), from.readInt(), from.readLong(), new Epoch(from.readLong())))
                .forEach(numbers::restore);
        return numbers;
    }
}
