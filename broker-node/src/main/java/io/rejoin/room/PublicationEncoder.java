package io.rejoin.room;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.protocol.ServerFrame.Gap;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.Published;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns publications into the frames that all members of a node share.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class PublicationEncoder {

    private final FrameCodec codec;
    private final InstantSource clock;

    /**
     * Creates an encoder.
     *
     * @param codec writes the frames
     * @param clock to measure how old a publication is when it gets here
     */
    public PublicationEncoder(FrameCodec codec, InstantSource clock) {
        this.codec = codec;
        this.clock = clock;
    }

    /**
     * Encodes one publication.
     *
     * @param known the epoch that whoever reads the stream knows by then
     */
    EncodedFrame encode(RoomId room, Publication publication, Epoch known) {
        return codec.encode(published(room, publication, known));
    }

    /** Encodes publications that follow a position, and a gap where some were left out for newer values of their keys. */
    List<EncodedFrame> encode(RoomId room, Position after, List<Publication> publications) {
        List<EncodedFrame> frames = new ArrayList<>(publications.size());
        Position known = after;
        for (Publication publication : publications) {
            long before = publication.offset() - 1;
            if (before > known.offset()) {
                Position position = new Position(publication.epoch(), before);
                frames.add(encodeConflated(room, known.offset() + 1, before, position));
                known = position;
            }
            frames.add(encode(room, publication, known.epoch()));
            known = publication.position();
        }
        return frames;
    }

    /** Encodes the gap that stands for values that were left out for newer ones of their keys. */
    EncodedFrame encodeConflated(RoomId room, long from, long to, Position position) {
        return encodeGap(room, new GapRange(GapReason.CONFLATED, from, to), position);
    }

    EncodedFrame encodeGap(RoomId room, GapRange range, Position position) {
        return codec.encode(new Gap(room, range, position));
    }

    EncodedFrame encodeEphemeral(RoomId room, Publication publication) {
        return codec.encode(published(room, publication, publication.epoch()));
    }

    void measure(Publication newest, RoomMetrics metrics) {
        metrics.onFanOut(Math.max(0, clock.millis() - newest.timeMs()));
    }

    /**
     * A publication as members see it.
     *
     * @param known the epoch that the reader knows by then
     */
    public static Published published(RoomId room, Publication publication, Epoch known) {
        return new Published(
                room,
                publication.offset(),
                publication.epoch().equals(known) ? null : publication.epoch(),
                publication.timeMs(),
                publication.data(),
                publication.key(),
                publication.user(),
                publication.publisher(),
                publication.number());
    }
}
