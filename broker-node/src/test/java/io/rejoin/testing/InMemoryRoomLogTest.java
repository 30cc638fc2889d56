package io.rejoin.testing;

import io.rejoin.room.RoomLog;

final class InMemoryRoomLogTest extends RoomLogContract {

    private final InMemoryRoomLog log = new InMemoryRoomLog(LIMITS, () -> 1_000_000);

    @Override
    protected RoomLog log() {
        return log;
    }
}
