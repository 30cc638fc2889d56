import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../src/clock.js";

test("clock cuts a delay to what a timer takes, rather than to run at once", () => {
  const real = globalThis.setTimeout;
  const delays: unknown[] = [];
  globalThis.setTimeout = ((_: unknown, delay: number) => delays.push(delay)) as never;
  try {
    systemClock().after(30 * 24 * 3_600_000, () => undefined);
    systemClock().after(5, () => undefined);
  } finally {
    globalThis.setTimeout = real;
  }

  assert.deepEqual(delays, [2 ** 31 - 1, 5]);
});
