import assert from "node:assert/strict";
import { test } from "node:test";
import type { FakeSocket } from "./fake-socket.js";
import { ack, Harness, joined, publication, settle, track, welcome } from "./harness.js";
import { spec } from "./spec.js";

const at = (offset: number, epoch = "e1") => ({ epoch, offset });
const goaway = { type: "goaway", after: 800, deadline: 30_000, reason: "restart" };

/** A member of room `a` at 41 whose node leaves, with the hello sent to the next node. */
async function leaving() {
  const h = new Harness();
  const room = h.client.room<number>("a");
  const got: number[] = [];
  room.on("publication", (p) => got.push(p.position.offset));
  void room.join();
  const old = await h.open({ rooms: [joined("a", 41)] });
  await h.clock.advance(10_000);
  old.take();
  old.receive(goaway);
  await h.clock.advance(800);
  const next = h.socket;
  assert.notEqual(next, old);
  return { h, room, got, old, next };
}

const resumed = (socket: FakeSocket, offset = 41) =>
  socket.receive(welcome({ node: "n2", resumed: true, rooms: [joined("a", offset, { outcome: "resumed" })] }));

spec(
  "CC-17",
  "client connects elsewhere in its own slot, resumes, and only then closes the old connection",
  async () => {
    const { h, old, next } = await leaving();
    const outcomes: unknown[] = [];
    h.client.on("outcome", ({ session, interruption, node }) => outcomes.push([session, interruption, node]));

    assert.equal(next.url, "ws://b:2/v1/connect");
    assert.equal(old.closed, false);
    next.open();
    assert.equal(old.closed, false);
    assert.deepEqual(next.hello.rooms, [{ room: "a", position: at(41) }]);
    resumed(next);

    assert.equal(old.closed, true);
    assert.equal(h.client.node, "n2");
    assert.equal(h.path, "idle connecting open");
    assert.deepEqual(outcomes, [["resumed", 0, "n2"]]);
  },
);

spec("CC-10", "client obeys goaway.after", async () => {
  const h = new Harness();
  const old = await h.open();
  old.receive(goaway);

  await h.clock.advance(799);
  assert.equal(h.sockets.length, 1);
  await h.clock.advance(1);
  assert.equal(h.sockets.length, 2);
});

spec(
  "CC-12",
  "publications of the old connection count until the new welcome; what repeats them is dropped",
  async () => {
    const { room, got, old, next } = await leaving();
    next.open();

    old.receive(publication("a", 42), publication("a", 43, { epoch: "e2" }));
    assert.deepEqual(got, [42, 43]);
    resumed(next);
    old.receive(publication("a", 44));
    next.receive(publication("a", 42), publication("a", 43, { epoch: "e2" }), publication("a", 44));

    assert.deepEqual(got, [42, 43, 44]);
    assert.deepEqual(room.position, at(44, "e2"));
  },
);

spec("CC-12", "publishes go out on the newer connection only, from its hello on", async () => {
  const { room, old, next } = await leaving();
  void room.publish(1);
  await settle();
  assert.equal(old.publishes.length, 1);
  next.open();

  void room.publish(2);
  await settle();
  assert.equal(old.publishes.length, 1);
  assert.equal(next.publishes.length, 0);
  resumed(next);
  await settle();

  assert.deepEqual(
    next.publishes.map(({ number, first, data }) => [number, first, data]),
    [
      [1, 1, 1],
      [2, 1, 2],
    ],
  );
});

spec("CC-12", "acks of the old connection count, its errors do not", async () => {
  const { h, room, old, next } = await leaving();
  const [first, second] = [track(room.publish(1)), track(room.publish(2))];
  await settle();
  const [, sent] = old.publishes;
  next.open();

  old.receive(ack("a", 1, 42));
  const error = { code: "forbidden", message: "", retryable: false };
  old.receive({ type: "error", ref: sent?.ref, room: "a", number: 2, ...error });
  resumed(next);
  await settle();

  assert.equal(first.value?.offset, 42);
  assert.equal(second.settled, false);
  assert.deepEqual(
    next.publishes.map(({ number, first, skip }) => [number, first, skip]),
    [[2, 2, undefined]],
  );
  assert.deepEqual(h.errors, []);
});

spec("CC-12", "close of the old connection means nothing once the newer one has said hello", async () => {
  const { h, got, old, next } = await leaving();
  next.open();

  old.drop(4503, "taken over");
  assert.equal(h.client.state, "resuming");
  resumed(next);
  next.receive(publication("a", 42));

  assert.equal(h.client.state, "open");
  assert.equal(h.sockets.length, 2);
  assert.deepEqual(got, [42]);
  assert.deepEqual(h.errors, []);
});

spec("CC-11", "a stop of the old connection counts while the newer one has not said hello", async () => {
  const { h, old, next } = await leaving();

  old.drop(4505);

  assert.equal(h.client.state, "closed");
  assert.equal(next.closed, true);
});

spec("CC-11", "a stop of the newer connection counts", async () => {
  const { h, old, next } = await leaving();
  next.open();

  next.drop(4501);

  assert.equal(h.client.state, "closed");
  assert.equal(old.closed, true);
});

spec("CC-17", "client stays on the old connection while the newer one cannot be made", async () => {
  const { h, room, got, old, next } = await leaving();

  next.drop(1006);
  old.receive(publication("a", 42));
  const published = track(room.publish(1));
  await settle();
  assert.equal(h.client.state, "open");
  assert.equal(old.publishes.length, 1);
  old.receive(ack("a", 1, 43));
  await settle();
  assert.equal(published.settled, true);
  await h.clock.advance(125);
  h.socket.open();
  resumed(h.socket, 42);

  assert.equal(h.socket.url, "ws://c:3/v1/connect");
  assert.deepEqual(got, [42]);
  assert.equal(h.client.node, "n2");
  assert.equal(old.closed, true);
});

spec(
  "CC-17",
  "client keeps the old connection after the newer one has failed behind its hello, until deadline",
  async () => {
    const { h, room, got, old, next } = await leaving();
    const first = track(room.publish(1));
    await settle();
    next.open();
    next.drop(4004, "retry-after=3000");

    // The session may have moved: what is published now waits, what the old connection still says counts.
    old.receive(ack("a", 1, 42), publication("a", 42));
    void room.publish(2);
    await settle();
    assert.deepEqual([first.value?.offset, got, old.publishes.length], [42, [42], 1]);
    assert.equal(h.client.state, "open");
    await h.clock.advance(2_999);
    assert.equal(h.sockets.length, 2);
    await h.clock.advance(1);
    const third = h.socket;
    third.open();
    assert.equal(old.closed, false);
    old.receive(publication("a", 43));
    old.drop(4000, "restart");
    assert.equal(h.client.state, "resuming");
    resumed(third, 42);
    third.receive(publication("a", 43), publication("a", 44));
    await settle();

    assert.deepEqual(got, [42, 43, 44]);
    assert.deepEqual(
      third.publishes.map(({ number, first, data }) => [number, first, data]),
      [[2, 2, 2]],
    );
    assert.equal(h.sockets.length, 3);
    assert.deepEqual(h.errors, []);
  },
);

spec("CC-17", "client that got no newer connection by the deadline goes on with its next attempt", async () => {
  const { h, got, old, next } = await leaving();
  next.drop(1006);
  old.receive(publication("a", 42));

  old.drop(4000, "restart");
  assert.equal(h.client.state, "waiting");
  await h.clock.advance(125);
  h.socket.open();
  resumed(h.socket, 42);
  h.socket.receive(publication("a", 43));

  assert.deepEqual(got, [42, 43]);
  assert.equal(h.sockets.length, 3);
  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: at(42) }]);
});

spec("CC-17", "client takes one slot however often the node says goaway", async () => {
  const { h, old } = await leaving();
  old.receive(goaway, { ...goaway, after: 1 });

  await h.clock.advance(5_000);

  assert.equal(h.sockets.length, 2);
});

spec("CC-17", "client follows the goaway of the node that it has gone to", async () => {
  const { h, got, next } = await leaving();
  next.open();
  resumed(next);
  next.receive(publication("a", 42), { ...goaway, after: 300 });
  await h.clock.advance(300);
  const third = h.socket;
  assert.notEqual(third, next);
  third.open();
  next.receive(publication("a", 43));
  resumed(third, 42);
  third.receive(publication("a", 43), publication("a", 44));

  assert.deepEqual(got, [42, 43, 44]);
  assert.equal(third.hello.session?.attempt, 2);
  assert.deepEqual([next.closed, third.closed], [true, false]);
});

spec("CC-12", "a gap of the old connection counts until the new welcome, and is told once", async () => {
  const { room, got, old, next } = await leaving();
  const gaps: unknown[] = [];
  room.on("gap", ({ reason, from, to }) => gaps.push([reason, from, to]));
  next.open();

  const gap = { type: "gap", room: "a", reason: "conflated", from: 42, to: 44, position: at(44) };
  old.receive(gap, publication("a", 45));
  resumed(next);
  next.receive(publication("a", 42), { ...gap, from: 43, to: 46, position: at(46) }, publication("a", 47));

  assert.deepEqual(gaps, [
    ["conflated", 42, 44],
    ["conflated", 46, 46],
  ]);
  assert.deepEqual(got, [45, 47]);
});

spec("CC-10", "client obeys retry-after of the old connection while the newer one has not said hello", async () => {
  const { h, old, next } = await leaving();

  old.drop(4002, "retry-after=5000");
  assert.equal(next.closed, true);
  assert.deepEqual([h.client.state, h.states.at(-1)?.delay], ["waiting", 5_000]);
  await h.clock.advance(4_999);
  assert.equal(h.sockets.length, 2);
  await h.clock.advance(1);

  assert.equal(h.sockets.length, 3);
});

spec("CC-10", "client obeys retry-after instead of the attempt that a failed connection has scheduled", async () => {
  const { h, old, next } = await leaving();
  next.drop(1006);

  old.drop(4002, "retry-after=5000");
  await h.clock.advance(4_999);
  assert.equal(h.sockets.length, 2);
  await h.clock.advance(1);

  assert.equal(h.sockets.length, 3);
});

spec("CC-12", "retry-after of the old connection means nothing once the newer one has said hello", async () => {
  const { h, old, next } = await leaving();
  const slow: unknown[] = [];
  h.client.on("slow", (event) => slow.push(event));
  next.open();

  old.drop(4002, "retry-after=5000");
  resumed(next);

  assert.equal(h.client.state, "open");
  assert.deepEqual(slow, []);
});

test("client waits for the next attempt when both connections are lost", async () => {
  const { h, old, next } = await leaving();
  next.open();
  next.drop(1006);
  assert.equal(h.client.state, "open");

  // The server counts the hello of the lost connection and closes the old one: that is no stop.
  old.drop(4503);
  assert.equal(h.client.state, "waiting");
  await h.retry();
  h.socket.open();

  assert.equal(h.socket.hello.session?.attempt, 2);
});

test("client backs off as usual when the leaving node dies before the slot", async () => {
  const h = new Harness();
  const old = await h.open();
  old.receive({ ...goaway, after: 20_000 });

  old.drop(1006);

  assert.equal(h.states.at(-1)?.delay, 125);
  await h.retry();
  assert.deepEqual(
    h.sockets.map((socket) => socket.url),
    ["ws://a:1/v1/connect", "ws://b:2/v1/connect"],
  );
  await h.greet({ resumed: true });
  await h.clock.advance(20_000);
  assert.equal(h.sockets.length, 2);
});

test("room joined between hello and welcome is joined afterwards, a room left meanwhile is left", async () => {
  const { h, room, next } = await leaving();
  next.open();
  void room.leave();
  const join = track(h.client.room("b").join());
  next.take();

  resumed(next);
  await settle();

  assert.deepEqual(
    next.take().map((frame) => [frame.type, (frame as { room?: string }).room]),
    [
      ["leave", "a"],
      ["join", "b"],
    ],
  );
  next.receive(joined("b", 7, { ref: 3 }));
  await settle();
  assert.equal(join.value?.outcome, "live");
});

test("room whose join was on its way to the old connection gets its position from the newer one", async () => {
  const { h, old, next } = await leaving();
  const late = h.client.room("b");
  const join = track(late.join());
  const seen: number[] = [];
  late.on("publication", (p) => seen.push(p.position.offset));
  await settle();
  const request = old.take().find((frame) => frame.type === "join") as { ref: number };
  next.open();

  old.receive(joined("b", 5, { ref: request.ref }), publication("b", 6));
  const rooms = [joined("a", 41, { outcome: "resumed" }), joined("b", 9)];
  next.receive(welcome({ resumed: true, rooms }), publication("b", 10));
  await settle();

  assert.deepEqual(join.value?.position, at(9));
  assert.deepEqual(seen, [10]);
});

test("goaway closes with the bye of the client on the newer connection", async () => {
  const { h, old, next } = await leaving();
  next.open();
  next.take();

  void h.client.close();

  assert.equal(old.closed, true);
  assert.deepEqual(next.take(), [{ type: "bye" }]);
  resumed(next);
  assert.equal(h.client.state, "closed");
  next.drop(1000);
  assert.equal(h.clock.pendingTimers, 0);
});

test("room that was left and joined otherwise between hello and welcome is joined as it was asked last", async () => {
  const { room, got, next } = await leaving();
  next.open();
  void room.leave();
  void room.join({ history: 3 });
  next.take();

  resumed(next);
  next.receive(publication("a", 42));
  await settle();

  assert.deepEqual(got, []);
  assert.deepEqual(next.take(), [
    { type: "leave", ref: 2, room: "a" },
    { type: "join", ref: 3, room: "a", history: 3 },
  ]);
  next.receive({ type: "left", ref: 2, room: "a" }, joined("a", 40, { ref: 3 }), publication("a", 41));
  assert.deepEqual(got, [41]);
});
