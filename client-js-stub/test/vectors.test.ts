import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decode, encode, pack } from "../src/codec.js";
import type { ClientFrame } from "../src/frames.js";

interface Vector {
  name: string;
  direction: "client" | "server";
  json: string;
  frame?: object;
  /** Instead of `frame`, when the message is an array. */
  frames?: object[];
}

// Compiled tests lie three folders below the repository.
const folder = new URL("../../../docs/protocol/vectors/", import.meta.url);

if (existsSync(folder)) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const { name, cases } = JSON.parse(readFileSync(new URL(file, folder), "utf8")) as {
      name: string;
      cases: Vector[];
    };
    // A case without frames tells what a server does with bad input.
    const good = cases.filter((one) => one.frame !== undefined || one.frames !== undefined);
    if (good.length > 0) {
      test(`codec agrees with the vectors: ${name}`, () => good.forEach(check));
    }
  }
} else {
  test("vectors of the protocol are not part of this package", { skip: "docs/protocol/vectors is absent" }, () => {});
}

function check({ name, direction, json, frame, frames }: Vector): void {
  const expected = frames ?? [frame];
  if (direction === "server") {
    assert.deepEqual(decode(json), expected, name);
  } else {
    const encoded = (expected as ClientFrame[]).map(encode);
    const [message = "[]"] = pack(encoded, Number.POSITIVE_INFINITY);
    const parsed: unknown = JSON.parse(message);
    assert.deepEqual(Array.isArray(parsed) ? parsed : [parsed], expected, name);
  }
}
