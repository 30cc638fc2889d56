import assert from "node:assert/strict";
import { test } from "node:test";
import type { Publish } from "../src/frames.js";
import { ack, Harness, joined, settle, track } from "./harness.js";
import { spec } from "./spec.js";

test("publishes of one task go out in one message", async () => {
  const h = new Harness();
  const socket = await h.open();
  const [a, b] = [h.client.room("a"), h.client.room("b")];

  void a.publish(1);
  void a.publish(2);
  void b.publish(3);
  await settle();

  assert.equal(socket.messages.length, 2);
  assert.deepEqual(
    (JSON.parse(socket.messages[1] ?? "") as Publish[]).map(({ room, number, data }) => [room, number, data]),
    [
      ["a", 1, 1],
      ["a", 2, 2],
      ["b", 1, 3],
    ],
  );
});

spec("CC-13", "batches stay within limits.message", async () => {
  const h = new Harness();
  const socket = await h.open({ limits: { message: 300 } });
  const room = h.client.room("a");

  for (let i = 0; i < 20; i++) {
    void room.publish("x".repeat(40));
  }
  await settle();

  assert.equal(socket.publishes.length, 20);
  assert.ok(socket.messages.length < 20, "several publishes share a message");
  for (const message of socket.messages) {
    assert.ok(Buffer.byteLength(message) <= 300, `${Buffer.byteLength(message)} bytes`);
  }
});

test("publishes wait for the first connection and are sent in order", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const results = [track(room.publish("x")), track(room.publish("y"))];
  assert.equal(room.pending, 2);

  await h.open();
  assert.deepEqual(
    h.socket.publishes.map(({ number, data }) => [number, data]),
    [
      [1, "x"],
      [2, "y"],
    ],
  );
  h.socket.receive(ack("a", 1, 1), ack("a", 2, 2));
  await settle();

  assert.deepEqual(
    results.map((result) => result.value?.offset),
    [1, 2],
  );
});

test("publish takes a copy of the data", async () => {
  const h = new Harness();
  const data = { p: 1 };
  const result = track(h.client.room("a").publish(data, { key: "k" }));
  data.p = 2;

  await h.open();

  assert.deepEqual(h.socket.publishes[0]?.data, { p: 1 });
  assert.equal(h.socket.publishes[0]?.key, "k");
  assert.equal(result.settled, false);
});

spec("CC-3", "client resends unacknowledged publishes at another node and acknowledges each once", async () => {
  const h = new Harness();
  await h.open();
  const room = h.client.room("a");
  const results = [track(room.publish(1)), track(room.publish(2)), track(room.publish(3))];
  await settle();
  h.socket.receive(ack("a", 1, 10));

  await h.reconnect({ node: "n2" });

  assert.deepEqual(
    h.socket.publishes.map(({ number, first, data }) => [number, first, data]),
    [
      [2, 2, 2],
      [3, 2, 3],
    ],
  );
  h.socket.receive([ack("a", 2, 11), ack("a", 3, 12), ack("a", 3, 12)]);
  h.socket.receive(ack("a", 2, 11));
  await settle();
  assert.deepEqual(
    results.map((result) => result.value?.offset),
    [10, 11, 12],
  );
  assert.equal(room.pending, 0);
});

spec("CC-3", "client resends also when the broker has lost the session's record", async () => {
  const h = new Harness();
  await h.open();
  void h.client.room("a").publish(1);
  await settle();

  await h.reconnect({ resumed: false });

  assert.deepEqual(
    h.socket.publishes.map(({ number, first }) => [number, first]),
    [[1, 1]],
  );
});

spec("CC-6", "publishes under a replaced session have unknown outcomes and numbers begin at 1", async () => {
  const h = new Harness();
  await h.open();
  const room = h.client.room("a");
  const lost = track(room.publish("old"));
  await settle();

  await h.reconnect({ id: "s2", resumed: false });
  const fresh = track(room.publish("new"));
  await settle();

  assert.equal(lost.error?.code, "unknown-outcome");
  assert.deepEqual(
    h.socket.publishes.map(({ number, first, data }) => [number, first, data]),
    [[1, 1, "new"]],
  );
  h.socket.receive(ack("a", 1, 5));
  await settle();
  assert.equal(fresh.value?.offset, 5);
});

spec("CC-5", "client tells of an unknown outcome when the window passes without a connection", async () => {
  const h = new Harness();
  await h.open({ window: 60_000 });
  const result = track(h.client.room("a").publish(1));
  await settle();
  h.socket.drop();

  await h.clock.advance(60_000);
  assert.equal(result.settled, false);
  await h.clock.advance(2);

  assert.equal(result.error?.code, "unknown-outcome");
  assert.match(result.error?.message ?? "", /room a may or may not .* 60000 ms/);
});

spec("CC-13", "publish above limits.message fails at once and costs no number", async () => {
  const h = new Harness();
  await h.open({ limits: { message: 1_000 } });
  const room = h.client.room("a");

  await assert.rejects(room.publish("x".repeat(1_000)), { code: "too-large" });
  assert.throws(() => room.publishEphemeral("x".repeat(1_000)), { code: "too-large" });
  void room.publish("y");
  await settle();

  assert.deepEqual(
    h.socket.publishes.map(({ number, data }) => [number, data]),
    [[1, "y"]],
  );
});

spec("CC-13", "what brought a 1009 is not sent again: the number is skipped and the caller told", async () => {
  const h = new Harness();
  await h.open();
  const room = h.client.room("a");
  const [small, large] = [track(room.publish("s")), track(room.publish("L".repeat(5_000)))];
  await settle();
  h.socket.receive(ack("a", 1, 1));
  void room.publish("t");
  await settle();
  const sizeOfLargest = Math.max(...h.socket.messages.map((message) => Buffer.byteLength(message)));

  h.socket.drop(1009);
  await h.retry();
  await h.greet({ resumed: true });

  assert.ok(h.socket.messages.every((message) => Buffer.byteLength(message) < sizeOfLargest));
  // The largest message was the batch of 1 and 2; 2 by itself is smaller and gets one more try.
  assert.equal(small.value?.offset, 1);
  assert.equal(large.settled, false);
  h.socket.drop(1009);
  await h.retry();
  await h.greet({ resumed: true });

  assert.deepEqual(
    h.socket.publishes.map(({ number, skip }) => [number, skip]),
    [
      [2, true],
      [3, undefined],
    ],
  );
  h.socket.receive({ type: "ack", room: "a", number: 2 }, ack("a", 3, 2));
  await settle();
  assert.equal(large.error?.code, "too-large");
});

spec("CC-13", "a hello that brought a 1009 is made smaller", async () => {
  const h = new Harness();
  const names = Array.from({ length: 40 }, (_, i) => `room-${i}-${"x".repeat(80)}`);
  for (const name of names) {
    void h.client.room(name).join();
  }
  h.client.connect();
  h.socket.open();
  const before = h.socket.hello.rooms?.length ?? 0;

  h.socket.drop(1009);
  await h.retry();
  h.socket.open();
  const after = h.socket.hello.rooms?.length ?? 0;

  assert.equal(before, 40);
  assert.ok(after > 0 && after <= 20, `after=${after}`);
});

test("publish of what is no JSON is refused at once", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const cycle: unknown[] = [];
  cycle.push(cycle);
  let deep: unknown = 1;
  for (let level = 0; level < 63; level++) {
    deep = { "[": deep };
  }

  await assert.rejects(room.publish(undefined), { code: "bad-request", message: /data is undefined/ });
  await assert.rejects(room.publish(cycle), { code: "bad-request" });
  await assert.rejects(room.publish(10n), { code: "bad-request" });
  await assert.rejects(room.publish(deep), {
    code: "bad-request",
    message: "data has 63 levels (expected: at most 62)",
  });
  await assert.rejects(room.publish(1, { key: "€".repeat(43) }), { code: "bad-request", message: /129 bytes/ });
  assert.equal(room.pending, 0);
});

test("brackets in strings do not count as nesting", async () => {
  const h = new Harness();

  void h.client.room("a").publish(['"[{', "[".repeat(100), "\\"]);

  assert.equal(h.client.room("a").pending, 1);
});

test("own publications come like any other, before or after the ack", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const seen: unknown[] = [];
  room.on("publication", ({ position, publisher, number }) => seen.push([position.offset, publisher, number]));
  void room.join();
  await h.open({ rooms: [joined("a", 0)] });
  const result = track(room.publish("x"));
  await settle();

  h.socket.receive(ack("a", 1, 1), {
    ...{ type: "publication", room: "a", offset: 1, time: 1, data: "x" },
    ...{ publisher: h.client.session?.publisher, number: 1 },
  });
  await settle();

  assert.deepEqual(seen, [[1, "p-s1", 1]]);
  assert.equal(result.value?.offset, 1);
});

spec("CC-7", "a saved session goes on in another client with its numbers, publishes and positions", async () => {
  const first = new Harness();
  const room = first.client.room("a");
  void room.join();
  await first.open({ rooms: [joined("a", 41)] });
  void room.publish("one");
  void room.publish("two");
  await settle();
  first.socket.receive(ack("a", 1, 42));
  const saved = first.client.saveSession();
  assert.ok(saved);
  first.socket.drop();

  const second = new Harness({ session: JSON.parse(JSON.stringify(saved)) });
  void second.client.room("a").join();
  await second.open({ resumed: true, rooms: [joined("a", 41, { outcome: "resumed" })] });
  void second.client.room("a").publish("three");
  await settle();

  assert.equal(second.path, "idle resuming open");
  assert.deepEqual(second.socket.hello.session, { id: "s1", secret: "secret", attempt: 1 });
  assert.deepEqual(second.socket.hello.rooms, [{ room: "a", position: { epoch: "e1", offset: 41 } }]);
  assert.deepEqual(
    second.socket.publishes.map(({ number, first, data }) => [number, first, data]),
    [
      [2, 2, "two"],
      [3, 2, "three"],
    ],
  );
});

spec("CC-7", "a client without a saved session begins a new one", async () => {
  const h = new Harness();
  assert.equal(h.client.saveSession(), undefined);

  await h.open();

  assert.equal(h.socket.hello.session, undefined);
});

test("publishes beyond the outbox's bounds reject at once, connected or not", async () => {
  const h = new Harness({ outboxLimit: 2, outboxBytes: 100 });
  const room = h.client.room("a");
  void room.publish(1);
  void room.publish(2);

  await assert.rejects(room.publish(3), { code: "outbox-full", retryable: true, message: /outboxLimit=2/ });
  await h.open();
  h.socket.receive(ack("a", 1, 1));
  await assert.rejects(room.publish("x".repeat(98)), { code: "outbox-full", message: /outboxBytes=100/ });
  await assert.rejects(room.publish("x".repeat(99)), { code: "too-large", message: /outboxBytes=100/ });
  assert.equal(room.pending, 1);
});

test("publishes that were not sent reject with stopped when the broker ends the session", async () => {
  const h = new Harness();
  await h.open({ limits: { inflight: 1 } });
  const [sent, unsent] = [track(h.client.room("a").publish(1)), track(h.client.room("a").publish(2))];
  await settle();

  h.socket.drop(4505, "no more");
  await settle();

  assert.equal(sent.error?.code, "unknown-outcome");
  assert.equal(unsent.error?.code, "stopped");
  assert.match(unsent.error?.message ?? "", /publish to room a was not sent: .* 4505 revoked no more/);
});

test("ephemeral publishes are dropped for as long as the broker says after rate-limited", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const socket = await h.open();
  assert.equal(room.publishEphemeral(1, { key: "cursor" }), true);
  await settle();
  assert.deepEqual(socket.take(), [{ type: "publish", room: "a", class: "ephemeral", key: "cursor", data: 1 }]);

  const error = { type: "error", room: "a", code: "rate-limited", message: "slow down", retryable: true };
  socket.receive({ ...error, retryAfter: 800 });
  assert.equal(h.errors[0]?.retryAfter, 800);
  assert.equal(room.publishEphemeral(2), false);
  await h.clock.advance(799);
  assert.equal(room.publishEphemeral(3), false);
  await h.clock.advance(1);
  assert.equal(room.publishEphemeral(4), true);
  socket.receive(error);
  assert.equal(room.publishEphemeral(5), false);
  await h.clock.advance(1_000);
  assert.equal(room.publishEphemeral(6), true);

  await settle();
  assert.deepEqual(
    socket.publishes.map(({ data }) => data),
    [1, 4, 6],
  );
});

test("history that is rate-limited rejects with the time to wait", async () => {
  const h = new Harness();
  const socket = await h.open();
  const asked = track(h.client.room("a").history());
  await settle();

  const error = { code: "rate-limited", message: "later", retryable: true, retryAfter: 300 };
  socket.receive({ type: "error", ref: 1, room: "a", ...error });
  await settle();

  const { code, retryable, retryAfter } = asked.error ?? {};
  assert.deepEqual([code, retryable, retryAfter], ["rate-limited", true, 300]);
});
