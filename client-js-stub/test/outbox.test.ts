import assert from "node:assert/strict";
import { test } from "node:test";
import { RejoinError } from "../src/errors.js";
import type { ErrorFrame, Publish } from "../src/frames.js";
import { Outbox, type OutboxBounds, type OutboxLink } from "../src/outbox.js";
import { ack, settle, track } from "./harness.js";
import { ManualClock } from "./manual-clock.js";
import { spec } from "./spec.js";

class Wire implements OutboxLink {
  readonly sent: Publish[] = [];
  message = 1_000;
  inflight = 100;
  window = 10_000;

  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as Publish);
  }

  /** What was sent since the last call, as `number`, `number skip`. */
  take(): string[] {
    return this.sent.splice(0).map((frame) => `${frame.number}${frame.skip ? " skip" : ""}`);
  }
}

function outbox(bounds: Partial<OutboxBounds> = {}) {
  const clock = new ManualClock();
  let ref = 0;
  const box = new Outbox(
    clock,
    () => 0.5,
    { publishes: 100, bytes: 100_000, ...bounds },
    () => ++ref,
  );
  const wire = new Wire();
  const offer = (...data: string[]) => data.map((one) => track(box.offer("a", `"${one}"`, undefined)));
  const acknowledge = (number: number) => box.acknowledged(ack("a", number, 100 + number) as never);
  const refuse = (frame: Publish | undefined, code: string, more: Partial<ErrorFrame> = {}) => {
    assert.ok(frame);
    const retryable = ["unavailable", "out-of-order", "internal", "rate-limited"].includes(code);
    const { ref: about = 0, number = 0 } = frame;
    box.refused({ type: "error", ref: about, room: "a", number, code, message: code, retryable, ...more });
  };
  return { box, clock, wire, offer, acknowledge, refuse };
}

spec("CC-3", "outbox numbers publishes from 1 per room and tells the lowest unacknowledged", () => {
  const { box, wire, offer, acknowledge } = outbox();
  box.attach(wire);

  offer("x", "y");
  void box.offer("b", "1", "k");
  acknowledge(1);
  offer("z");

  assert.deepEqual(
    wire.sent.map(({ room, number, first, key }) => [room, number, first, key]),
    [
      ["a", 1, 1, undefined],
      ["a", 2, 1, undefined],
      ["b", 1, 1, "k"],
      ["a", 3, 2, undefined],
    ],
  );
});

spec("CC-3", "outbox resends in order with the same numbers and with first", async () => {
  const { box, wire, offer, acknowledge } = outbox();
  box.attach(wire);
  const results = offer("x", "y", "z");
  acknowledge(1);
  box.detach();
  offer("later");
  wire.take();

  box.attach(wire);

  assert.deepEqual(
    wire.sent.map(({ number, first, data }) => [number, first, data]),
    [
      [2, 2, "y"],
      [3, 2, "z"],
      [4, 2, "later"],
    ],
  );
  acknowledge(2);
  acknowledge(3);
  await settle();
  assert.deepEqual(
    results.map((result) => result.value?.offset),
    [101, 102, 103],
  );
});

spec("CC-3", "outbox keeps at most limits.inflight on the wire, over all rooms", () => {
  const { box, wire, offer, acknowledge } = outbox();
  wire.inflight = 3;
  box.attach(wire);

  offer("1", "2");
  void box.offer("b", "1", undefined);
  offer("3", "4");
  assert.equal(wire.sent.length, 3);

  acknowledge(1);
  assert.deepEqual(wire.take(), ["1", "2", "1", "3"]);
});

spec("CC-3", "outbox counts resends against limits.inflight", () => {
  const { box, wire, offer, acknowledge } = outbox();
  box.attach(wire);
  offer("1", "2", "3", "4");
  wire.take();

  wire.inflight = 2;
  box.attach(wire);
  assert.deepEqual(wire.take(), ["1", "2"]);
  acknowledge(1);
  assert.deepEqual(wire.take(), ["3"]);
});

spec("CC-4", "outbox resends from a retryable refusal on, once, after retryAfter", async () => {
  const { box, clock, wire, offer, refuse } = outbox();
  box.attach(wire);
  offer("1", "2", "3");
  const [first, second, third] = wire.sent.splice(0);

  refuse(first, "unavailable", { retryAfter: 500 });
  refuse(second, "out-of-order", { expected: 1 });
  refuse(third, "out-of-order", { expected: 1 });
  offer("4");
  await clock.advance(499);
  assert.deepEqual(wire.take(), []);
  await clock.advance(1);

  assert.deepEqual(wire.take(), ["1", "2", "3", "4"]);
});

spec("CC-4", "outbox ignores an answer to an earlier send", async () => {
  const { box, clock, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  offer("1", "2");
  const [first, second] = wire.sent.splice(0);
  refuse(first, "unavailable", { retryAfter: 10 });
  await clock.advance(10);
  wire.take();

  // The refusal of the first sending of 2 arrives only now, behind the resend.
  refuse(second, "out-of-order", { expected: 1 });
  acknowledge(1);
  await clock.advance(5_000);

  assert.deepEqual(wire.take(), []);
});

spec("CC-12", "outbox ignores a refusal that comes while it has no link, and takes an ack", async () => {
  const { box, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  const [first, second] = offer("1", "2");
  const [, frame] = wire.sent.splice(0);
  box.detach();

  refuse(frame, "forbidden");
  acknowledge(1);
  refuse(frame, "forbidden");
  await settle();

  assert.equal(first?.settled, true);
  assert.equal(second?.settled, false);
  box.attach(wire);
  assert.deepEqual(wire.take(), ["2"]);
});

spec("CC-4", "outbox backs off by itself when a refusal has no retryAfter", async () => {
  const { box, clock, wire, offer, refuse } = outbox();
  box.attach(wire);
  offer("1");

  const delays: number[] = [];
  for (let round = 0; round < 3; round++) {
    refuse(wire.sent.pop(), "internal");
    let waited = 0;
    while (wire.sent.length === 0) {
      await clock.advance(1);
      waited += 1;
    }
    delays.push(waited);
  }

  assert.deepEqual(delays, [50, 100, 200]);
});

spec("CC-4", "outbox tells the caller of a final refusal and gives the number up with skip", async () => {
  const { box, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  const [refused, next] = offer("1", "2");
  const [first, second] = wire.sent.splice(0);

  refuse(first, "forbidden");
  refuse(second, "out-of-order", { expected: 1 });
  await settle();

  assert.equal(refused?.error?.code, "forbidden");
  assert.deepEqual(wire.take(), ["1 skip", "2"]);
  assert.equal(box.pending("a"), 1);
  box.acknowledged({ type: "ack", room: "a", number: 1 });
  acknowledge(2);
  await settle();
  assert.equal(next?.value?.offset, 102);
});

spec("CC-4", "outbox acts on a final refusal of a higher number only when the lower ones are settled", async () => {
  const { box, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  const [, refused] = offer("1", "2");
  const [, second] = wire.sent.splice(0);

  refuse(second, "too-large");
  await settle();
  assert.equal(refused?.settled, false);
  assert.deepEqual(wire.take(), []);

  acknowledge(1);
  await settle();
  assert.equal(refused?.error?.code, "too-large");
  assert.deepEqual(wire.take(), ["2 skip"]);
});

test("outbox goes on when even the skip is refused for good", async () => {
  const { box, wire, offer, refuse } = outbox();
  box.attach(wire);
  offer("1");
  refuse(wire.sent.pop(), "forbidden");
  refuse(wire.sent.pop(), "forbidden");

  offer("2");

  assert.deepEqual(
    wire.sent.map(({ number, first, skip }) => [number, first, skip]),
    [[2, 2, undefined]],
  );
});

test("outbox holds back only the room that was refused", () => {
  const { box, wire, offer, refuse } = outbox();
  box.attach(wire);
  offer("1");
  refuse(wire.sent.pop(), "unavailable", { retryAfter: 1_000 });

  offer("2");
  void box.offer("b", "1", undefined);

  assert.deepEqual(
    wire.sent.map(({ room }) => room),
    ["b"],
  );
});

spec("CC-5", "outbox neither resends nor skips what was first sent more than a window ago", async () => {
  const { box, clock, wire, offer } = outbox();
  box.attach(wire);
  const [old] = offer("1");
  await clock.advance(6_000);
  const [young] = offer("2");
  box.detach();
  wire.take();
  await clock.advance(4_001);

  assert.equal(old?.error?.code, "unknown-outcome");
  assert.equal(young?.settled, false);
  box.attach(wire);
  assert.deepEqual(
    wire.sent.map(({ number, first }) => [number, first]),
    [[2, 2]],
  );
});

spec("CC-5", "outbox gives up after a window of refusals", async () => {
  const { box, clock, wire, offer, refuse } = outbox();
  box.attach(wire);
  const [result] = offer("1");

  for (let second = 0; second < 11; second++) {
    const frame = wire.sent.pop();
    if (frame !== undefined) {
      refuse(frame, "unavailable", { retryAfter: 1_000 });
    }
    await clock.advance(1_000);
  }

  assert.equal(result?.error?.code, "unknown-outcome");
  assert.deepEqual(wire.take(), []);
});

spec("CC-6", "outbox treats what was sent under another session as unknown and numbers anew", async () => {
  const { box, wire, offer } = outbox();
  wire.inflight = 2;
  box.attach(wire);
  const [sent, alsoSent, unsent] = offer("1", "2", "3");
  wire.take();

  box.beginSession();
  box.attach(wire);
  await settle();

  assert.equal(sent?.error?.code, "unknown-outcome");
  assert.equal(alsoSent?.error?.code, "unknown-outcome");
  assert.equal(unsent?.settled, false);
  assert.deepEqual(
    wire.sent.map(({ number, first, data }) => [number, first, data]),
    [[1, 1, "3"]],
  );
});

spec("CC-13", "outbox fails what was never sent and is too large, without a number", async () => {
  const { box, wire, offer } = outbox();
  box.attach(wire);

  const [large] = offer("x".repeat(1_000));
  offer("small");
  await settle();

  assert.equal(large?.error?.code, "too-large");
  assert.match(large?.error?.message ?? "", /expected: at most 1000/);
  assert.deepEqual(wire.take(), ["1"]);
});

spec("CC-13", "outbox skips what was sent and is too large for the next node", async () => {
  const { box, wire, offer } = outbox();
  box.attach(wire);
  const [lost, applied] = offer("x".repeat(300), "y".repeat(300));
  wire.take();

  wire.message = 200;
  box.attach(wire);

  assert.deepEqual(wire.take(), ["1 skip", "2 skip"]);
  // Whether the first send was applied is known only from the answer.
  box.acknowledged({ type: "ack", room: "a", number: 1 });
  box.acknowledged(ack("a", 2, 9) as never);
  await settle();
  assert.equal(lost?.error?.code, "too-large");
  assert.equal(applied?.value?.offset, 9);
});

test("outbox refuses a publish beyond its count at once and names the bound", async () => {
  const { box, wire, offer, acknowledge } = outbox({ publishes: 2 });
  box.attach(wire);

  const [, , third] = offer("1", "2", "3");
  await settle();
  assert.ok(third?.error instanceof RejoinError);
  assert.equal(third.error.code, "outbox-full");
  assert.equal(third.error.retryable, true);
  assert.equal(third.error.message, "outbox holds 2 publishes (expected: below outboxLimit=2); wait for earlier ones");
  assert.equal(box.pending("a"), 2);

  acknowledge(1);
  const [fourth] = offer("4");
  await settle();
  assert.equal(fourth?.settled, false);
});

test("outbox refuses a publish beyond its bytes at once and names the bound", async () => {
  const { box, wire, acknowledge } = outbox({ bytes: 20 });
  const offer = (data: string, key?: string) => track(box.offer("a", JSON.stringify(data), key));
  box.attach(wire);

  // With quotes 10 bytes, then 6 and a key of 3: the euro sign has three.
  const [, , third] = [offer("12345678"), offer("1234", "€"), offer("")];
  await settle();

  assert.deepEqual([third?.error?.code, third?.error?.retryable], ["outbox-full", true]);
  assert.match(
    third?.error?.message ?? "",
    /holds 19 bytes and cannot take 2 more \(expected: at most outboxBytes=20\)/,
  );
  assert.equal(box.pending("a"), 2);
  acknowledge(1);
  const fourth = offer("12345678");
  await settle();
  assert.equal(fourth.settled, false);
  assert.deepEqual(wire.take(), ["1", "2", "3"]);
});

test("outbox counts what waits beyond limits.inflight and what is given up against its bounds", async () => {
  const { box, wire, offer, acknowledge, refuse } = outbox({ publishes: 3 });
  wire.inflight = 1;
  box.attach(wire);
  offer("1", "2", "3");
  refuse(wire.sent.pop(), "forbidden");

  const [fourth] = offer("4");
  await settle();
  assert.equal(fourth?.error?.code, "outbox-full");
  acknowledge(1);
  const [fifth] = offer("5");
  await settle();
  assert.equal(fifth?.settled, false);
});

test("outbox refuses for good what can never fit into it", async () => {
  const { box, offer } = outbox({ bytes: 20 });

  const [large] = offer("x".repeat(19));
  await settle();

  assert.deepEqual([large?.error?.code, large?.error?.retryable], ["too-large", false]);
  assert.match(large?.error?.message ?? "", /takes 21 bytes \(expected: at most outboxBytes=20\)/);
  assert.equal(box.pending("a"), 0);
});

test("outbox counts what it takes over from a saved session", async () => {
  const { box, offer } = outbox({ publishes: 2 });
  const publishes = [1, 2, 3].map((number) => ({ number, data: "1", age: 0 }));
  box.restore("a", 3, publishes, () => assert.fail("nothing failed"));

  const [fourth] = offer("4");
  await settle();

  assert.equal(box.pending("a"), 3);
  assert.equal(fourth?.error?.code, "outbox-full");
});

spec("CC-4", "outbox sends one publish after rate-limited and more with every acknowledgement", async () => {
  const { box, clock, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  const [first] = offer("1", "2", "3", "4", "5", "6", "7");
  for (const frame of wire.sent.splice(0)) {
    refuse(frame, "rate-limited", { retryAfter: 900 });
  }

  await clock.advance(899);
  assert.deepEqual(wire.take(), []);
  await clock.advance(1);
  assert.deepEqual(wire.take(), ["1"]);
  acknowledge(1);
  assert.deepEqual(wire.take(), ["2", "3"]);
  acknowledge(2);
  acknowledge(3);
  assert.deepEqual(wire.take(), ["4", "5", "6", "7"]);
  await settle();
  assert.equal(first?.value?.offset, 101);
});

spec("CC-4", "outbox begins with one publish again at every rate-limited", async () => {
  const { box, clock, wire, offer, acknowledge, refuse } = outbox();
  box.attach(wire);
  offer("1", "2", "3");
  refuse(wire.sent.splice(0)[0], "rate-limited", { retryAfter: 10 });
  await clock.advance(10);
  wire.take();
  acknowledge(1);
  refuse(wire.sent.splice(0)[0], "rate-limited", { retryAfter: 2_000 });

  await clock.advance(1_999);
  assert.deepEqual(wire.take(), []);
  await clock.advance(1);
  assert.deepEqual(wire.take(), ["2"]);
});

for (const code of ["forbidden", "too-large", "bad-request", "some-later-code"]) {
  spec("CC-4", `outbox rejects with ${code} once it is final and goes on with the next number`, async () => {
    const { box, wire, offer, acknowledge, refuse } = outbox();
    box.attach(wire);
    const [refused, next] = offer("1", "2");
    const [first] = wire.sent.splice(0);

    refuse(first, code, { message: "because" });
    box.acknowledged({ type: "ack", room: "a", number: 1 });
    acknowledge(2);
    await settle();

    const { code: told, message, retryable } = refused?.error ?? {};
    assert.deepEqual([told, message, retryable], [code, "because", false]);
    assert.equal(next?.value?.offset, 102);
    assert.equal(box.pending("a"), 0);
  });
}

test("outbox tells sent from unsent when the client closes", async () => {
  const { box, clock, wire, offer } = outbox();
  wire.inflight = 1;
  box.attach(wire);
  const [sent, unsent] = offer("1", "2");

  box.close(new RejoinError("closed", "the client is closed"));
  await settle();

  assert.equal(sent?.error?.code, "unknown-outcome");
  assert.equal(unsent?.error?.code, "closed");
  assert.equal(clock.pendingTimers, 0);
});

test("outbox can be kept and taken over with its numbers", async () => {
  const { box, clock, wire, offer, acknowledge } = outbox();
  box.attach(wire);
  offer("1", "2");
  acknowledge(1);
  await clock.advance(3_000);
  const [kept] = box.keep();
  assert.deepEqual(kept, { room: "a", lastNumber: 2, publishes: [{ number: 2, data: '"2"', age: 3_000 }] });

  const later = outbox();
  later.box.restore("a", kept.lastNumber, kept.publishes, () => assert.fail("nothing failed"));
  later.box.attach(later.wire);
  later.offer("3");

  assert.deepEqual(
    later.wire.sent.map(({ number, first, data }) => [number, first, data]),
    [
      [2, 2, "2"],
      [3, 2, "3"],
    ],
  );
});
