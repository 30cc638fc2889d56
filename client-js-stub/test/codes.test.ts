import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CLOSE_CODES, closeCodeName, ERROR_CODES, stops } from "../src/codes.js";
import { spec } from "./spec.js";

const page = new URL("../../../docs/protocol.md", import.meta.url);

if (existsSync(page)) {
  const protocol = readFileSync(page, "utf8");

  test("error codes are those of docs/protocol.md", () => {
    const rows = [...protocol.matchAll(/^\| `([a-z-]+)` \| (yes|no) \|/gm)];
    const table = Object.fromEntries(rows.map(([, code, retryable]) => [code, { retryable: retryable === "yes" }]));

    assert.deepEqual({ ...ERROR_CODES }, table);
  });

  test("close codes are those of docs/protocol.md", () => {
    const rows = [...protocol.matchAll(/^\| (4\d{3}) \| `([a-z-]+)` \| (reconnect|stop) \|/gm)];
    const table = Object.fromEntries(rows.map(([, code, name]) => [name, Number(code)]));

    assert.deepEqual({ ...CLOSE_CODES }, table);
    for (const [, code, , reaction] of rows) {
      assert.equal(stops(Number(code)), reaction === "stop", `reaction to ${code}`);
    }
  });
}

spec("CC-11", "only 4500 to 4999 forbid to reconnect", () => {
  assert.deepEqual([1000, 1006, 4000, 4499, 4500, 4999, 5000].filter(stops), [4500, 4999]);
});

test("closeCodeName knows the codes of the protocol only", () => {
  assert.equal(closeCodeName(4503), "taken-over");
  assert.equal(closeCodeName(1006), undefined);
});
