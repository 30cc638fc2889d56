import assert from "node:assert/strict";
import { test } from "node:test";
import { Follower } from "../src/follower.js";
import { spec } from "./spec.js";

const at = (offset: number, epoch = "e1") => ({ epoch, offset });

function live(offset: number, epoch = "e1"): Follower {
  const follower = new Follower();
  follower.joined("live", undefined, at(offset, epoch));
  return follower;
}

spec("CC-1", "follower takes the next offset", () => {
  const follower = live(41);

  assert.equal(follower.publication(42, undefined), "next");
  assert.deepEqual(follower.position, at(42));
});

spec("CC-1", "follower adopts a new epoch together with the next offset", () => {
  const follower = live(41);

  assert.equal(follower.publication(42, "e2"), "next");
  assert.deepEqual(follower.position, at(42, "e2"));
  assert.equal(follower.publication(43, undefined), "next");
  assert.deepEqual(follower.position, at(43, "e2"));
});

spec("CC-1", "follower drops a repeat", () => {
  const follower = live(41);

  assert.equal(follower.publication(41, undefined), "repeat");
  assert.equal(follower.publication(7, "e1"), "repeat");
  assert.deepEqual(follower.position, at(41));
});

spec("CC-1", "follower calls a jump without a gap broken", () => {
  const follower = live(41);

  assert.equal(follower.publication(43, undefined), "broken");
  assert.equal(follower.publication(41, "e2"), "broken");
  assert.deepEqual(follower.position, at(41));
});

test("follower calls a publication before the join broken", () => {
  assert.equal(new Follower().publication(1, "e1"), "broken");
});

spec("CC-2", "follower adopts the position of a gap as one value", () => {
  const follower = live(41);

  assert.deepEqual(follower.gap({ reason: "retention", from: 42, to: 60 }, at(60, "e2")), [
    "next",
    { reason: "retention", from: 42, to: 60 },
  ]);
  assert.deepEqual(follower.position, at(60, "e2"));
});

spec("CC-2", "follower goes back to lower offsets with an epoch gap", () => {
  const follower = live(41);

  assert.deepEqual(follower.gap({ reason: "epoch" }, at(0, "e9")), ["next", { reason: "epoch" }]);
  assert.deepEqual(follower.position, at(0, "e9"));
  assert.equal(follower.publication(1, undefined), "next");
});

test("follower calls a gap that leaves a hole before it broken", () => {
  assert.deepEqual(live(41).gap({ reason: "retention", from: 44, to: 60 }, at(60)), ["broken"]);
});

test("follower drops a gap that it has passed", () => {
  assert.deepEqual(live(41).gap({ reason: "conflated", from: 30, to: 40 }, at(40)), ["repeat"]);
});

test("follower resumes at the position it asked for and at no other", () => {
  const follower = live(41);

  assert.deepEqual(follower.joined("resumed", at(41), at(40)), ["broken"]);
  assert.deepEqual(follower.joined("live", at(41), at(50)), ["broken"]);
  assert.deepEqual(follower.joined("resumed", at(41), at(41)), ["next"]);
});

test("follower begins before the first publication of whatever log there is", () => {
  const follower = new Follower();

  assert.deepEqual(follower.joined("resumed", { offset: 0 }, at(0, "e7")), ["next"]);
  assert.deepEqual(follower.position, at(0, "e7"));
});

spec("CC-12", "follower drops what a newer connection repeats, up to the position reached", () => {
  const follower = live(41);
  follower.publication(42, undefined);
  follower.publication(43, "e2");
  follower.publication(44, undefined);

  assert.deepEqual(follower.joined("resumed", at(41), at(41)), ["next"]);
  assert.deepEqual(follower.position, at(44, "e2"));
  assert.equal(follower.publication(42, undefined), "repeat");
  assert.equal(follower.publication(43, "e2"), "repeat");
  assert.equal(follower.publication(44, undefined), "repeat");
  assert.equal(follower.publication(45, undefined), "next");
  assert.deepEqual(follower.position, at(45, "e2"));
});

spec("CC-12", "follower notices that the old connection delivered another log", () => {
  const follower = live(41);
  follower.publication(42, "stale");

  follower.joined("resumed", at(41), at(41));
  assert.equal(follower.publication(42, "e2"), "broken");
});

spec("CC-12", "follower tells only the part of a gap that the old connection did not deliver", () => {
  const follower = live(41);
  follower.publication(42, undefined);
  follower.publication(43, undefined);

  const gap = { reason: "retention", from: 42, to: 50 };
  assert.deepEqual(follower.joined("gap", at(41), at(50), gap), ["next", { reason: "retention", from: 44, to: 50 }]);
});

spec("CC-12", "follower tells no gap that the old connection has bridged", () => {
  const follower = live(41);
  follower.publication(42, undefined);
  follower.publication(43, undefined);

  const [step, skipped] = follower.joined("gap", at(41), at(42), { reason: "retention", from: 42, to: 42 });
  assert.equal(step, "next");
  assert.equal(skipped, undefined);
  assert.equal(follower.publication(43, undefined), "repeat");
  assert.equal(follower.publication(44, undefined), "next");
});
