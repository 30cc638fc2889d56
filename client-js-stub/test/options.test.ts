import assert from "node:assert/strict";
import { test } from "node:test";
import { RejoinClient } from "../src/index.js";
import { Harness } from "./harness.js";

test("client refuses wrong options and names every fault", () => {
  const options = {
    urls: ["http://a", "nowhere"],
    backoff: { min: 500, max: 100 },
    outboxLimit: 0,
    outboxBytes: 0.5,
    connectTimeout: 1.5,
    heartbeat: 0,
  };

  assert.throws(() => new RejoinClient(options), {
    code: "bad-request",
    message: [
      "client options: urls: http://a (expected: a ws: or wss: URL)",
      "urls: nowhere (expected: a ws: or wss: URL)",
      "backoff.min=500 > backoff.max",
      "outboxLimit=0 (expected: an integer >= 1)",
      "outboxBytes=0.5 (expected: an integer >= 1)",
      "connectTimeout=1.5 (expected: an integer >= 1)",
      "heartbeat=0 (expected: an integer >= 1)",
    ].join("; "),
  });
  assert.throws(() => new RejoinClient({ urls: [] }), { message: /at least one URL/ });
});

test("client says what is missing when there is no global WebSocket", async () => {
  const found = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  Reflect.deleteProperty(globalThis, "WebSocket");
  const client = new RejoinClient({ urls: ["ws://127.0.0.1:1"] });
  const errors: unknown[] = [];
  client.on("error", (error) => errors.push((error.cause as Error).message));

  client.connect();
  await client.close();
  if (found !== undefined) {
    Object.defineProperty(globalThis, "WebSocket", found);
  }

  assert.deepEqual(errors, [
    "no global WebSocket (Node 20 has none); pass webSocket, for instance with the package ws",
  ]);
});

test("room names are checked before they reach the broker", () => {
  const { client } = new Harness();

  for (const name of ["", "a\n", "x".repeat(256), "é".repeat(128), "\ud83d", "\u0085"]) {
    assert.throws(() => client.room(name), { code: "bad-request" }, JSON.stringify(name));
  }
  for (const name of ["a", "x".repeat(255), "東京 🚀", "$reserved is for the broker to refuse"]) {
    assert.equal(client.room(name).name, name);
  }
});

test("faulty room options are refused before they could end the session", async () => {
  const { client } = new Harness();
  const faulty = [
    { position: { offset: 5 } },
    { position: { epoch: "e", offset: -1 } },
    { position: { epoch: 7, offset: 1 } },
    { history: -1 },
    { history: 1.5 },
    { delivery: "newest" },
  ];

  for (const options of faulty) {
    assert.throws(() => client.room("a", options as never), { code: "bad-request" }, JSON.stringify(options));
    await assert.rejects(client.room("b").join(options as never), { code: "bad-request" });
  }
  await assert.rejects(client.room("a").history({ limit: 1_001 }), { code: "bad-request" });
  await assert.rejects(client.room("a").history({ after: { offset: 3 } as never }), { code: "bad-request" });
});
