import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap, Publication } from "../src/index.js";
import { Harness, joined, publication, settle, track, welcome } from "./harness.js";
import { spec } from "./spec.js";

const at = (offset: number, epoch = "e1") => ({ epoch, offset });

/** A client that is a member of room `a` at offset 41. */
async function member() {
  const h = new Harness();
  const room = h.client.room<number>("a");
  const got: number[] = [];
  const gaps: Gap[] = [];
  room.on("publication", (p) => got.push(p.position.offset));
  room.on("gap", (gap) => gaps.push(gap));
  void room.join();
  const socket = await h.open({ rooms: [joined("a", 41)] });
  return { h, room, got, gaps, socket };
}

test("room joins with the hello and resolves with the outcome", async () => {
  const h = new Harness();
  const room = h.client.room("a", { history: 10, delivery: "latest" });
  const join = track(room.join());

  await h.open({ rooms: [joined("a", 41)] });

  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", history: 10, delivery: "latest" }]);
  assert.deepEqual(join.value, { room: "a", outcome: "live", position: at(41) });
  assert.equal(room.joined, true);
});

test("room hands out publications with all that the broker tells", async () => {
  const { room, socket } = await member();
  const got: Publication<number>[] = [];
  room.on("publication", (p) => got.push(p));

  const more = { data: 7, epoch: "e2", time: 5, key: "k", from: "u", publisher: "p", number: 3, later: true };
  socket.receive(publication("a", 42, more));

  const body = { time: 5, data: 7, key: "k", from: "u", publisher: "p", number: 3 };
  assert.deepEqual(got, [{ room: "a", position: at(42, "e2"), ...body }]);
});

spec("CC-1", "room resumes from its last position", async () => {
  const { h, got, socket } = await member();
  socket.receive(publication("a", 42), publication("a", 43, { epoch: "e2" }));

  await h.reconnect({ rooms: [joined("a", 43, { position: at(43, "e2"), outcome: "resumed" })] });
  h.socket.receive(publication("a", 44));

  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: at(43, "e2") }]);
  assert.deepEqual(got, [42, 43, 44]);
});

spec("CC-1", "room drops repeats and reconnects on a jump", async () => {
  const { h, got, socket } = await member();

  socket.receive(publication("a", 41), publication("a", 42), publication("a", 42), publication("a", 44));
  socket.receive(publication("a", 43));

  assert.deepEqual(got, [42]);
  const reason = "room a: publication 44 of epoch as before cannot follow offset 42 of epoch e1";
  assert.deepEqual(h.states.at(-1), { from: "open", to: "waiting", code: "broken-stream", reason, delay: 125 });
  await h.retry();
  h.socket.open();
  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: at(42) }]);
});

spec("CC-1", "room reconnects when it was not resumed where it asked to be", async () => {
  const { h } = await member();

  await h.reconnect({ rooms: [joined("a", 43, { outcome: "resumed" })] });

  assert.equal(h.states.at(-1)?.code, "broken-stream");
});

spec("CC-2", "room tells a gap before what follows", async () => {
  const { h, room, socket } = await member();
  const order: string[] = [];
  h.client.on("gap", (gap) => order.push(`client gap ${gap.room} ${gap.from}..${gap.to}`));
  room.on("gap", (gap) => order.push(`gap at ${gap.position.offset}, position ${room.position?.offset}`));
  room.on("publication", (p) => order.push(`publication ${p.position.offset}`));

  const gap = { type: "gap", room: "a", reason: "retention", from: 42, to: 50, position: at(50) };
  socket.receive(gap, publication("a", 51));

  assert.deepEqual(order, ["client gap a 42..50", "gap at 50, position 50", "publication 51"]);
});

spec("CC-2", "room tells the gap of a join before the join", async () => {
  const { h, room, gaps } = await member();
  const order: string[] = [];
  room.on("gap", () => order.push("gap"));
  room.on("joined", (event) => order.push(`joined ${event.outcome} ${event.gap?.reason}`));

  const gap = { reason: "retention", from: 42, to: 99 };
  await h.reconnect({ rooms: [joined("a", 99, { outcome: "gap", gap })] });

  assert.deepEqual(order, ["gap", "joined gap retention"]);
  assert.deepEqual(gaps, [{ room: "a", reason: "retention", from: 42, to: 99, position: at(99) }]);
});

spec("CC-2", "room tells from where on an epoch gap makes things void", async () => {
  const { gaps, socket, room, got } = await member();

  socket.receive({ type: "gap", room: "a", reason: "epoch", from: 31, to: 35, position: at(35, "e9") });
  socket.receive(publication("a", 36));
  socket.receive({ type: "gap", room: "a", reason: "epoch", position: at(30, "e10") });

  assert.deepEqual(
    gaps.map(({ voidAfter, position }) => [voidAfter, position]),
    [
      [30, at(35, "e9")],
      [30, at(30, "e10")],
    ],
  );
  assert.deepEqual(got, [36]);
  assert.deepEqual(room.position, at(30, "e10"));
});

test("room has moved its position before listeners are called", async () => {
  const { room, socket } = await member();
  const positions: unknown[] = [];
  room.on("publication", () => {
    positions.push(room.position?.offset);
    if (positions.length === 1) {
      void room.leave();
      void room.join();
    }
  });

  socket.receive(publication("a", 42), publication("a", 43));
  await settle();
  const [leave, join] = socket.take();

  // 43 belonged to the membership that was left: it is not delivered, and the new one asks for it again.
  assert.deepEqual(positions, [42]);
  assert.equal(leave?.type, "leave");
  assert.deepEqual(join, { type: "join", ref: 2, room: "a", position: at(42) });
  socket.receive(publication("a", 44), { type: "left", ref: 1, room: "a" });
  socket.receive(joined("a", 42, { ref: 2, outcome: "resumed" }), publication("a", 43));
  assert.deepEqual(positions, [42, 43]);
});

test("room that was left gets nothing more and resolves when the broker says so", async () => {
  const { room, got, socket } = await member();
  const left: unknown[] = [];
  room.on("left", (event) => left.push(event));

  const leave = track(room.leave());
  socket.receive(publication("a", 42));
  await settle();
  assert.equal(leave.settled, false);
  socket.receive({ type: "left", ref: 1, room: "a" });
  await settle();

  assert.equal(leave.settled, true);
  assert.deepEqual(got, []);
  assert.deepEqual(left, [{ room: "a", rejoins: false }]);
  assert.equal(room.joined, false);
  assert.deepEqual(room.position, at(41));
});

test("room that was left is not listed in the next hello", async () => {
  const { h, room } = await member();
  const leave = track(room.leave());

  await h.reconnect();

  assert.equal(leave.settled, true);
  assert.deepEqual(h.socket.hello.rooms, []);
});

test("room begins anew when a join has options", async () => {
  const { room, socket } = await member();
  void room.leave();

  void room.join({ history: 3 });
  await settle();

  assert.deepEqual(socket.take().at(-1), { type: "join", ref: 2, room: "a", history: 3 });
});

test("room refuses other options while it is joined", async () => {
  const { h, room } = await member();

  await assert.rejects(room.join({ history: 3 }), { code: "already-joined" });
  assert.throws(() => h.client.room("a", { history: 3 }), { code: "already-joined" });
  assert.equal(h.client.room("a"), room);
});

test("join of a joined room resolves at once with the last outcome", async () => {
  const { room } = await member();

  assert.deepEqual(await room.join(), { room: "a", outcome: "live", position: at(41) });
});

spec("CC-15", "room joins again after a retryable error in the welcome", async () => {
  const { h, room, got } = await member();
  const error = { code: "unavailable", message: "no majority", retryable: true, retryAfter: 700 };

  await h.reconnect({ rooms: [{ type: "joined", room: "a", error }] });
  await h.clock.advance(699);
  assert.deepEqual(h.socket.take(), []);
  await h.clock.advance(1);

  assert.deepEqual(h.socket.take(), [{ type: "join", ref: 1, room: "a", position: at(41) }]);
  h.socket.receive(joined("a", 41, { ref: 1, outcome: "resumed" }), publication("a", 42));
  assert.equal(room.joined, true);
  assert.deepEqual(got, [42]);
});

spec("CC-15", "room joins again after left unavailable, and not after left forbidden", async () => {
  const { h, room, socket } = await member();
  const left: unknown[] = [];
  room.on("left", ({ code, rejoins }) => left.push([code, rejoins]));

  socket.receive({ type: "left", room: "a", code: "unavailable" });
  await h.clock.advance(125);
  assert.deepEqual(socket.take(), [{ type: "join", ref: 1, room: "a", position: at(41) }]);
  socket.receive(joined("a", 41, { ref: 1, outcome: "resumed" }));
  socket.receive({ type: "left", room: "a", code: "forbidden" });
  await h.clock.advance(10_000);

  assert.deepEqual(socket.take(), []);
  assert.deepEqual(left, [
    ["unavailable", true],
    ["forbidden", false],
  ]);
});

test("join rejects with a final error of the broker", async () => {
  const h = new Harness();
  const [a, b] = [h.client.room("a"), h.client.room("b")];
  await h.open();
  const joins = [track(a.join()), track(b.join())];
  await settle();

  const error = { code: "forbidden", message: "no", retryable: false };
  h.socket.receive({ type: "error", ref: 1, room: "a", ...error }, { type: "joined", ref: 2, room: "b", error });
  await settle();

  assert.deepEqual(
    joins.map((join) => join.error?.code),
    ["forbidden", "forbidden"],
  );
  assert.deepEqual(h.errors, []);
});

test("join waits through a retryable error", async () => {
  const h = new Harness();
  await h.open();
  const join = track(h.client.room("a").join());
  await settle();

  h.socket.receive({ type: "error", ref: 1, room: "a", code: "rate-limited", message: "", retryable: true });
  await h.clock.advance(125);
  h.socket.receive(joined("a", 5, { ref: 2 }));
  await settle();

  assert.equal(join.value?.outcome, "live");
});

test("room ends a membership that the broker has and the client does not know, and joins anew", async () => {
  const h = new Harness();
  await h.open();
  void h.client.room("a").join();
  await settle();
  h.socket.take();

  h.socket.receive({ type: "error", ref: 1, room: "a", code: "already-joined", message: "", retryable: false });
  await settle();

  assert.deepEqual(
    h.socket.take().map((frame) => frame.type),
    ["leave", "join"],
  );
});

test("leave that is refused for the moment is sent again", async () => {
  const { h, room, socket } = await member();
  const leave = track(room.leave());
  await settle();
  socket.receive({
    type: "error",
    ref: 1,
    room: "a",
    code: "rate-limited",
    message: "",
    retryable: true,
    retryAfter: 9,
  });
  socket.take();

  await h.clock.advance(9);
  assert.deepEqual(socket.take(), [{ type: "leave", ref: 2, room: "a" }]);
  socket.receive({ type: "error", ref: 2, room: "a", code: "not-joined", message: "", retryable: false });
  await settle();

  assert.equal(leave.settled, true);
});

spec("CC-13", "rooms that do not fit into hello are joined afterwards", async () => {
  const h = new Harness();
  await h.open({ limits: { rooms: 4, message: 200 } });
  const names = ["a", "b", "c", "d", "e"].map((name) => name.repeat(20));
  for (const name of names) {
    void h.client.room(name).join();
  }

  await h.reconnect();
  const listed = h.socket.hello.rooms?.map(({ room }) => room) ?? [];
  await settle();
  const sentAfter = h.socket.take().map((frame) => (frame as { room: string }).room);

  assert.ok(Buffer.byteLength(h.socket.messages[0] ?? "") <= 200);
  assert.ok(listed.length > 0 && listed.length < 5, `listed=${listed.length}`);
  // The welcome of this harness answers for no room, so the listed ones are joined again, too.
  assert.deepEqual(sentAfter.sort(), names);
});

spec("CC-13", "hello lists at most limits.rooms rooms", async () => {
  const h = new Harness();
  await h.open({ limits: { rooms: 2 } });
  for (const name of ["a", "b", "c"]) {
    void h.client.room(name).join();
  }
  h.socket.drop();
  await h.retry();
  h.socket.open();

  assert.equal(h.socket.hello.rooms?.length, 2);
});

test("room passes ephemeral messages on and does not move for them", async () => {
  const { room, got, socket } = await member();
  const seen: unknown[] = [];
  room.on("ephemeral", (message) => seen.push(message));

  socket.receive({ type: "publication", room: "a", time: 1, data: { typing: true }, publisher: "p2" });

  assert.deepEqual(seen, [{ room: "a", time: 1, data: { typing: true }, publisher: "p2" }]);
  assert.deepEqual(got, []);
  assert.deepEqual(room.position, at(41));
});

test("publishEphemeral sends only while connected and says so", async () => {
  const { h, room, socket } = await member();

  assert.equal(room.publishEphemeral(1, { key: "k" }), true);
  await settle();
  assert.deepEqual(socket.take(), [{ type: "publish", room: "a", class: "ephemeral", key: "k", data: 1 }]);
  socket.drop();
  assert.equal(room.publishEphemeral(2), false);
  await h.retry();
  await h.greet({ rooms: [joined("a", 41, { outcome: "resumed" })] });
  assert.deepEqual(h.socket.take(), []);
});

test("room is an async iterable of publications that ends with leave", async () => {
  const { room, socket } = await member();
  const seen: number[] = [];
  const loop = (async () => {
    for await (const p of room) {
      seen.push(p.position.offset);
    }
  })();

  socket.receive(publication("a", 42));
  await settle();
  socket.receive(publication("a", 43), publication("a", 44));
  void room.leave();
  await loop;

  assert.deepEqual(seen, [42, 43, 44]);
});

test("iterator made right after the join misses nothing of the same message", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const seen: number[] = [];
  const loop = (async () => {
    await room.join();
    for await (const p of room) {
      seen.push(p.position.offset);
    }
  })();
  h.client.connect();
  await settle();
  h.socket.open();

  h.socket.receive(welcome({ rooms: [joined("a", 41)] }), publication("a", 42), publication("a", 43));
  await settle();
  h.socket.receive(publication("a", 44));
  void room.leave();
  await loop;

  assert.deepEqual(seen, [42, 43, 44]);
});

test("iterator that does not read fails when its bound is reached", async () => {
  const h = new Harness({ feedLimit: 2 });
  const room = h.client.room("a");
  void room.join();
  await h.open({ rooms: [joined("a", 0)] });
  const iterator = room[Symbol.asyncIterator]();

  h.socket.receive(publication("a", 1), publication("a", 2), publication("a", 3), publication("a", 4));

  await assert.rejects(iterator.next(), { code: "slow-reader" });
  assert.equal((await iterator.next()).done, true);
});

test("iterator fails when the broker ends the session and ends when the client is closed", async () => {
  const stopped = await member();
  const failing = track(stopped.room[Symbol.asyncIterator]().next());
  stopped.socket.drop(4505);
  const closed = await member();
  const ending = track(closed.room[Symbol.asyncIterator]().next());
  void closed.h.client.close();
  await settle();

  assert.equal(failing.error?.code, "stopped");
  assert.equal(ending.value?.done, true);
});

test("history asks for a page and gives every publication its position", async () => {
  const { room, socket } = await member();
  const asked = track(room.history({ after: at(1), limit: 2 }));
  await settle();
  assert.deepEqual(socket.take(), [{ type: "history", ref: 1, room: "a", after: at(1), limit: 2 }]);

  const publications = [
    publication("a", 2, { epoch: "e1" }),
    publication("a", 3, { epoch: "e2" }),
    publication("a", 4, { number: 8 }),
  ];
  socket.receive({ type: "history", ref: 1, room: "a", publications, position: at(4, "e2"), more: true });
  await settle();

  assert.deepEqual(asked.value?.publications, [
    { room: "a", position: at(2), time: 1, data: 2 },
    { room: "a", position: at(3, "e2"), time: 1, data: 3 },
    { room: "a", position: at(4, "e2"), time: 1, data: 4, number: 8 },
  ]);
  assert.equal(asked.value?.more, true);
  assert.deepEqual(room.position, at(41));
});

test("history is asked again on the next connection", async () => {
  const { h, room } = await member();
  const asked = track(room.history());
  await h.reconnect({ rooms: [joined("a", 41, { outcome: "resumed" })] });

  assert.deepEqual(h.socket.take(), [{ type: "history", ref: 1, room: "a" }]);
  h.socket.receive({ type: "history", ref: 1, room: "a", publications: [], position: at(41), more: false });
  await settle();
  assert.deepEqual(asked.value, { publications: [], position: at(41), more: false });
});

test("history rejects with the broker's error and when the client is closed", async () => {
  const { h, room, socket } = await member();
  const [refused, cut] = [track(room.history()), track(room.history())];
  await settle();

  socket.receive({ type: "error", ref: 1, room: "a", code: "unavailable", message: "later", retryable: true });
  void h.client.close();
  await settle();

  assert.deepEqual([refused.error?.code, refused.error?.retryable], ["unavailable", true]);
  assert.equal(cut.error?.code, "closed");
});

test("error that answers nothing is an error event", async () => {
  const { h, socket } = await member();

  socket.receive({ type: "error", room: "a", code: "rate-limited", message: "slow down", retryable: true });

  assert.deepEqual(
    h.errors.map(({ code, message }) => [code, message]),
    [["rate-limited", "slow down (room a)"]],
  );
});

test("frames about unknown rooms and of unknown types mean nothing", async () => {
  const { h, got, socket } = await member();

  socket.receive({ type: "dance" }, publication("zzz", 9), { type: "left", room: "zzz" }, publication("a", 42));
  socket.receive({ type: "presence", room: "a", count: 1, joins: [] });

  assert.deepEqual(got, [42]);
  assert.equal(h.client.state, "open");
  assert.deepEqual(h.errors, []);
});

test("room takes no reply to a join that it has given up for the present one", async () => {
  const h = new Harness();
  const socket = await h.open();
  const room = h.client.room("a");
  const seen: number[] = [];
  room.on("publication", (p) => seen.push(p.position.offset));
  room.join().catch((error) => assert.equal(error.code, "left"));
  void room.leave();
  void room.join();
  await settle();
  assert.deepEqual(
    socket.take().map((frame) => frame.type),
    ["join", "leave", "join"],
  );

  socket.receive(joined("a", 5, { ref: 1 }), publication("a", 6), { type: "left", ref: 2, room: "a" });
  assert.equal(room.joined, false);
  socket.receive(joined("a", 6, { ref: 3 }), publication("a", 7));

  assert.deepEqual(seen, [7]);
});
