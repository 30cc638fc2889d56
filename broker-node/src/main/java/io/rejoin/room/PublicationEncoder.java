package io.rejoin.room;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.protocol.ServerFrame.Gap;
import io.rejoin.protocol.ServerFrame.GapRange;
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

    /** Encodes publications that follow a position. */
    List<EncodedFrame> encode(RoomId room, Position after, List<Publication> publications) {
        List<EncodedFrame> frames = new ArrayList<>(publications.size());
        Epoch known = after.epoch();
        for (Publication publication : publications) {
            frames.add(encode(room, publication, known));
            known = publication.epoch();
        }
        return frames;
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
