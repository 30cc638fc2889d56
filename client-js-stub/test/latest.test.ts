import assert from "node:assert/strict";
import { test } from "node:test";
import { Follower } from "../src/follower.js";
import type { Gap, GapReason } from "../src/index.js";
import { Harness, joined, publication, settle, welcome } from "./harness.js";
import { spec } from "./spec.js";

const at = (offset: number, epoch = "e1") => ({ epoch, offset });
const conflated = (from: number, to: number, epoch = "e1") => ({
  ...{ type: "gap", room: "a", reason: "conflated", from, to, position: at(to, epoch) },
});
const value = (offset: number, key: string, more: object = {}) => publication("a", offset, { key, ...more });

/** A client that joins room `a` with `latest`, and all that it is told, in order. */
function latest() {
  const h = new Harness();
  const room = h.client.room<number>("a", { delivery: "latest" });
  const told: string[] = [];
  room.on("publication", ({ position, key }) => told.push(`${key}@${position.offset}`));
  room.on("gap", ({ reason, from, to }) => told.push(`${reason} ${from}..${to}`));
  room.on("joined", ({ outcome, position }) => told.push(`${outcome} ${position.offset}`));
  return { h, room, told };
}

spec(
  "RM-23",
  "room with latest joins live at an early position and takes the newest values with gaps between",
  async () => {
    const { h, room, told } = latest();
    void room.join();
    await h.open({ rooms: [joined("a", 10)] });

    h.socket.receive(
      ...[conflated(11, 14), value(15, "x"), value(16, "y"), conflated(17, 30, "e2"), value(31, "z")],
      value(32, "x"),
    );

    assert.deepEqual(h.socket.hello.rooms, [{ room: "a", delivery: "latest" }]);
    assert.deepEqual(told, [...["live 10", "conflated 11..14", "x@15", "y@16", "conflated 17..30", "z@31"], "x@32"]);
    assert.deepEqual(room.position, at(32, "e2"));
    assert.deepEqual(h.errors, []);
  },
);

spec("RM-23", "room with latest asks for latest from its position on after a reconnect", async () => {
  const { h, room, told } = latest();
  void room.join();
  await h.open({ rooms: [joined("a", 10)] });
  h.socket.receive(value(11, "x"));
  told.length = 0;

  await h.reconnect({ rooms: [joined("a", 11, { outcome: "resumed" })] });
  h.socket.receive(conflated(12, 90), value(91, "y"));

  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: at(11), delivery: "latest" }]);
  assert.deepEqual(told, ["resumed 11", "conflated 12..90", "y@91"]);
});

spec("RM-23", "room that lost retained publications and is conflated besides tells both gaps", async () => {
  const { h, room, told } = latest();
  void room.join();
  await h.open({ rooms: [joined("a", 10)] });
  told.length = 0;

  const gap = { reason: "retention", from: 11, to: 50 };
  await h.reconnect({ rooms: [joined("a", 50, { outcome: "gap", gap })] });
  h.socket.receive(conflated(51, 60), value(61, "x"));

  assert.deepEqual(told, ["retention 11..50", "gap 50", "conflated 51..60", "x@61"]);
});

spec("RM-23", "values that the old connection has delivered are not repeated by a conflating newer one", async () => {
  const { h, room, told } = latest();
  void room.join();
  const old = await h.open({ rooms: [joined("a", 10)] });
  old.receive({ type: "goaway", after: 5, deadline: 9_000, reason: "" });
  await h.clock.advance(5);
  h.socket.open();
  old.receive(value(11, "x"), value(12, "y"), value(13, "x"));
  told.length = 0;

  h.socket.receive(
    welcome({ resumed: true, rooms: [joined("a", 10, { outcome: "resumed" })] }),
    ...[conflated(11, 11), value(12, "y"), conflated(13, 19), value(20, "x")],
  );

  assert.deepEqual(told, ["resumed 10", "conflated 14..19", "x@20"]);
});

spec("RM-23", "iterator gets the newest values without the gaps", async () => {
  const { h, room } = latest();
  const seen: number[] = [];
  const loop = (async () => {
    await room.join();
    for await (const { position } of room) {
      seen.push(position.offset);
    }
  })();
  h.client.connect();
  await settle();
  h.socket.open();
  h.socket.receive(welcome({ rooms: [joined("a", 10)] }), conflated(11, 14), value(15, "x"), conflated(16, 18));
  h.socket.receive(value(19, "y"));
  await settle();
  void room.leave();
  await loop;

  assert.deepEqual(seen, [15, 19]);
});

test("application that keeps the newest value per key builds it anew after an epoch gap", async () => {
  const h = new Harness();
  const room = h.client.room<number>("a", { delivery: "latest" });
  // As in the README.
  const newest = new Map<string, number>();
  room.on("publication", ({ key, data }) => key !== undefined && newest.set(key, data));
  room.on("gap", ({ reason }) => {
    if (reason !== "conflated") {
      newest.clear();
      void room.leave();
      void room.join({ delivery: "latest" });
    }
  });
  void room.join();
  const socket = await h.open({ rooms: [joined("a", 10)] });
  socket.receive(conflated(11, 14), value(15, "x"), value(16, "y"));
  assert.deepEqual([...newest], Object.entries({ x: 15, y: 16 }));
  socket.take();

  socket.receive({ type: "gap", room: "a", reason: "epoch", from: 12, to: 14, position: at(14, "e2") });
  socket.receive(value(15, "y"));
  await settle();
  assert.deepEqual(newest.size, 0);
  assert.deepEqual(socket.take(), [
    { type: "leave", ref: 1, room: "a" },
    { type: "join", ref: 2, room: "a", delivery: "latest" },
  ]);
  socket.receive({ type: "left", ref: 1, room: "a" }, joined("a", 8, { ref: 2, position: at(8, "e2") }));
  socket.receive(value(9, "x"), conflated(10, 14, "e2"), value(15, "y"));

  assert.deepEqual([...newest], Object.entries({ x: 9, y: 15 }));
  assert.equal(h.client.state, "open");
});

const reasons: GapReason[] = ["retention", "limit", "conflated", "epoch", "some-later-reason"];

for (const reason of reasons) {
  for (const during of ["a reply to a join", "a membership"]) {
    spec("CC-2", `client tells a gap ${reason} in ${during} with its bounds and position`, async () => {
      const h = new Harness();
      const gaps: Gap[] = [];
      h.client.on("gap", (gap) => gaps.push(gap));
      h.client.room("a").on("gap", (gap) => gaps.push(gap));
      void h.client.room("a").join();
      await h.open({ rooms: [joined("a", 41)] });

      const gap = { reason, from: 42, to: 50 };
      if (during === "a membership") {
        h.socket.receive({ type: "gap", room: "a", ...gap, position: at(50, "e2") });
      } else {
        await h.reconnect({ rooms: [{ ...joined("a", 50, { outcome: "gap", gap }), position: at(50, "e2") }] });
      }
      h.socket.receive(publication("a", 51));

      const told = { room: "a", ...gap, position: at(50, "e2"), ...(reason === "epoch" ? { voidAfter: 41 } : {}) };
      assert.deepEqual(gaps, [told, told]);
      assert.deepEqual(h.client.room("a").position, at(51, "e2"));
    });
  }
}

spec("CC-2", "follower calls a publication behind a gap that does not join up broken", () => {
  const follower = new Follower();
  follower.joined("live", undefined, at(10));

  assert.equal(follower.gap({ reason: "conflated", from: 11, to: 14 }, at(14))[0], "next");
  assert.equal(follower.publication(16, undefined), "broken");
  assert.equal(follower.gap({ reason: "conflated", from: 17, to: 19 }, at(19))[0], "broken");
  assert.equal(follower.publication(15, undefined), "next");
});
