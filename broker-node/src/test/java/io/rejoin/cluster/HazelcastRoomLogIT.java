package io.rejoin.cluster;

import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.room.RoomLog;
import io.rejoin.testing.RoomLogContract;
import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class HazelcastRoomLogIT extends RoomLogContract {

    private static Vertx vertx;
    private static TestMembers members;
    private static HazelcastRoomLog log;

    @BeforeAll
    static void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, LIMITS);
        log = new HazelcastRoomLog(vertx, members.member(0), StructureNames.ROOMS);
    }

    @AfterAll
    static void stopMembers() {
        members.close();
        await(vertx.close());
    }

    @Override
    protected RoomLog log() {
        return log;
    }
}
