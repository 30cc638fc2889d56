import assert from "node:assert/strict";
import { test } from "node:test";
import { Harness, joined, settle, track } from "./harness.js";
import { spec } from "./spec.js";

const HOUR = 3_600_000;

/** A client whose tokens are t1, t2, …; entries of `next` are thrown or returned instead, one for each call. */
function counting(next: (() => string | Promise<string>)[] = []) {
  let calls = 0;
  const token = () => {
    const planned = next.shift();
    return planned === undefined ? `t${++calls}` : planned();
  };
  const h = new Harness({ token });
  return { h, calls: () => calls };
}

const refused = (code: string, retryable: boolean, retryAfter?: number) => ({
  ...{ type: "error", ref: "refresh", code, message: "no", retryable },
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

spec("CC-16", "client sends a fresh token when refreshAfter has passed, and again after each answer", async () => {
  const { h } = counting();
  const socket = await h.open({ refreshAfter: HOUR });
  assert.equal(socket.hello.token, "t1");

  await h.clock.advance(1);
  socket.take();
  for (const token of ["t2", "t3"]) {
    for (let heard = 0; heard < HOUR - 30_000; heard += 20_000) {
      await h.clock.advance(20_000);
      socket.receive({ type: "ping", time: 1 });
    }
    await settle();
    assert.ok(socket.take().every((frame) => frame.type === "pong"));
    await h.clock.advance(29_999);
    assert.deepEqual(socket.take(), [{ type: "refresh", ref: "refresh", token }]);
    socket.receive({ type: "refreshed", ref: "refresh", refreshAfter: HOUR - 1 });
    await h.clock.advance(0);
  }

  assert.equal(h.sockets.length, 1);
  assert.equal(h.client.state, "open");
  assert.deepEqual(h.errors, []);
});

spec("CC-16", "client refreshes no earlier than it was told", async () => {
  const { h, calls } = counting();
  const socket = await h.open({ refreshAfter: 5_000 });
  socket.take();

  await h.clock.advance(4_999);
  assert.deepEqual([socket.take(), calls()], [[], 1]);
  await h.clock.advance(1);
  assert.deepEqual(socket.take(), [{ type: "refresh", ref: "refresh", token: "t2" }]);
});

test("client does not ask for tokens in a loop when the broker always wants one", async () => {
  const { h, calls } = counting();
  const socket = await h.open({ refreshAfter: 0 });
  await h.clock.advance(0);

  socket.receive({ type: "refreshed", ref: "refresh", refreshAfter: 0 });
  await h.clock.advance(999);
  assert.equal(calls(), 2);
  await h.clock.advance(1);
  assert.equal(calls(), 3);
});

test("client does not refresh without a token callback", async () => {
  const h = new Harness();
  const socket = await h.open({ refreshAfter: 1_000 });
  socket.take();

  await h.clock.advance(10_000);

  assert.deepEqual(socket.take(), []);
});

test("client tells of a token callback that fails during a refresh, keeps the connection and tries again", async () => {
  const offline = () => Promise.reject(new Error("offline"));
  const { h } = counting([() => "t0", offline, () => null as never]);
  const socket = await h.open({ refreshAfter: 1_000 });
  socket.take();

  await h.clock.advance(1_000);
  assert.deepEqual([h.errors[0]?.code, String(h.errors[0]?.cause)], ["token-failed", "Error: offline"]);
  // Half of 1 s, then half of 2 s.
  await h.clock.advance(500);
  assert.match(String(h.errors[1]?.cause), /token is null/);
  assert.deepEqual(socket.take(), []);
  await h.clock.advance(1_000);

  assert.deepEqual(socket.take(), [{ type: "refresh", ref: "refresh", token: "t1" }]);
  assert.equal(h.client.state, "open");
  assert.equal(h.errors.length, 2);
});

test("client refreshes again after a refusal that may pass, when the broker says", async () => {
  const { h } = counting();
  const socket = await h.open({ refreshAfter: 1_000 });
  await h.clock.advance(1_000);
  socket.take();

  socket.receive(refused("unavailable", true, 700));
  await h.clock.advance(699);
  assert.deepEqual(socket.take(), []);
  await h.clock.advance(1);

  assert.deepEqual(socket.take(), [{ type: "refresh", ref: "refresh", token: "t3" }]);
  assert.deepEqual(h.errors, []);
});

test("client tells of a token that is refused for good, and begins anew with another when the old one expires", async () => {
  const { h } = counting();
  const room = h.client.room("a");
  void room.join();
  const socket = await h.open({ refreshAfter: 1_000, rooms: [joined("a", 41)] });
  await h.clock.advance(1_000);
  socket.take();

  socket.receive(refused("forbidden", false));
  await h.clock.advance(20_000);
  assert.deepEqual(socket.take(), []);
  assert.deepEqual([h.errors[0]?.code, h.errors[0]?.message], ["forbidden", "no (refresh of the token)"]);
  socket.drop(4003, "token-expired");
  await h.retry();
  await h.greet({ resumed: true, rooms: [joined("a", 41, { outcome: "resumed" })] });

  assert.equal(h.socket.hello.token, "t3");
  assert.equal(h.socket.hello.session?.id, "s1");
  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: { epoch: "e1", offset: 41 } }]);
  assert.equal(h.client.state, "open");
});

spec("CC-16", "client gets a new token and resumes after 4003 to its hello", async () => {
  const { h } = counting();
  const sent = track(h.client.room("a").publish(1));
  await h.open();
  h.socket.drop(4003, "token-expired");
  await h.retry();
  h.socket.open();
  // The clock of the application's backend is behind: this one has expired, too.
  h.socket.drop(4003, "token-expired");
  await h.retry();
  await h.greet({ resumed: true });

  assert.deepEqual(
    h.sockets.map(({ hello }) => [hello.token, hello.session?.attempt]),
    [
      ["t1", undefined],
      ["t2", 1],
      ["t3", 2],
    ],
  );
  assert.equal(h.client.state, "open");
  assert.equal(sent.settled, false);
  assert.equal(h.socket.publishes.length, 1);
});

test("client sends no token that comes after the connection has ended", async () => {
  let give: (token: string) => void = () => assert.fail("not asked yet");
  const { h } = counting([() => "t0", () => new Promise((resolve) => (give = resolve))]);
  const socket = await h.open({ refreshAfter: 1_000 });
  socket.take();
  await h.clock.advance(1_000);
  socket.drop();

  give("late");
  await settle();
  assert.deepEqual(socket.take(), []);
  await h.retry();
  await h.greet({ resumed: true });

  assert.equal(h.socket.hello.token, "t1");
});

spec("CC-16", "client refreshes on the newer connection by the newer connection's own time", async () => {
  const { h } = counting();
  const old = await h.open({ refreshAfter: 3_000 });
  old.receive({ type: "goaway", after: 500, deadline: 10_000, reason: "" });
  await h.clock.advance(500);
  const next = await h.greet({ resumed: true, refreshAfter: 4_000 });
  old.take();
  next.take();

  await h.clock.advance(3_999);
  assert.deepEqual([old.take(), next.take()], [[], []]);
  await h.clock.advance(1);

  assert.deepEqual(old.take(), []);
  assert.deepEqual(next.take(), [{ type: "refresh", ref: "refresh", token: "t3" }]);
});

test("client that is closed leaves no refresh behind", async () => {
  const { h } = counting();
  await h.open({ refreshAfter: HOUR });

  void h.client.close();
  h.socket.drop(1000);

  assert.equal(h.clock.pendingTimers, 0);
});
