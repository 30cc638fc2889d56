import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffDelay, retryAfter } from "../src/backoff.js";
import { spec } from "./spec.js";

spec("CC-10", "backoff doubles its bound with every attempt, up to the maximum", () => {
  const bounds = [0, 1, 2, 3, 10, 2_000].map((attempt) => backoffDelay(attempt, 250, 20_000, () => 0.9999999));

  assert.deepEqual(bounds, [249, 499, 999, 1_999, 19_999, 19_999]);
});

spec("CC-10", "backoff draws from zero on", () => {
  assert.equal(
    backoffDelay(5, 250, 20_000, () => 0),
    0,
  );
  assert.equal(
    backoffDelay(2, 250, 20_000, () => 0.5),
    500,
  );
});

test("retryAfter reads the advice wherever it stands in the reason", () => {
  assert.equal(retryAfter("retry-after=1500"), 1_500);
  assert.equal(retryAfter("overloaded, retry-after=0"), 0);
  assert.equal(retryAfter("overloaded;retry-after=20;x"), 20);
});

test("retryAfter ignores what is no advice", () => {
  assert.equal(retryAfter(""), undefined);
  assert.equal(retryAfter("retry-after=soon"), undefined);
  assert.equal(retryAfter("no-retry-after=5"), undefined);
  assert.equal(retryAfter("retry-after=-5"), undefined);
});

test("retryAfter stays below what a timer takes", () => {
  assert.equal(retryAfter("retry-after=99999999999"), 2 ** 31 - 1);
});
