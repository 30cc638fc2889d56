package io.rejoin.room;

import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Position;
import java.util.List;

/**
 * What a join barrier saw.
 *
 * <p>Threading: immutable.
 *
 * @param head the log's head, acknowledged
 * @param starts one per query, in order: where delivery starts
 */
public record JoinView(Position head, List<JoinedResult> starts) {}
