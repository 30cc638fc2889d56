import assert from "node:assert/strict";
import { test } from "node:test";
import { MOVES } from "../src/states.js";
import { Harness, joined, publication, settle, track } from "./harness.js";
import { spec } from "./spec.js";

spec("CC-11", "client reconnects and resumes after a lost connection", async () => {
  const h = new Harness();
  await h.open();

  h.socket.drop(1006);
  assert.equal(h.client.state, "waiting");
  // Half of 250 ms.
  await h.clock.advance(124);
  assert.equal(h.sockets.length, 1);
  await h.clock.advance(1);
  assert.equal(h.client.state, "resuming");
  await h.greet({ resumed: true, node: "n2" });

  assert.equal(h.path, "idle connecting open waiting resuming open");
  assert.equal(h.client.node, "n2");
  assert.deepEqual(h.states[2], { from: "open", to: "waiting", code: 1006, reason: "", delay: 125 });
  assert.deepEqual(h.states[3], { from: "waiting", to: "resuming", code: "attempt", reason: "" });
});

spec("CC-8", "client raises attempt with every connection of a session", async () => {
  const h = new Harness();
  await h.open();
  await h.reconnect();
  h.socket.drop();
  await h.retry();
  h.socket.open();
  h.socket.drop();
  await h.retry();
  h.socket.open();

  const session = { id: "s1", secret: "secret" };
  assert.deepEqual(
    h.sockets.map((socket) => socket.hello.session),
    [undefined, { ...session, attempt: 1 }, { ...session, attempt: 2 }, { ...session, attempt: 3 }],
  );
});

test("client prefers the next URL after a failure", async () => {
  const h = new Harness();
  await h.open();
  await h.reconnect();
  h.socket.drop();
  await h.retry();
  h.socket.drop();
  await h.retry();

  assert.deepEqual(
    h.sockets.map((socket) => socket.url),
    ["ws://a:1/v1/connect", "ws://b:2/v1/connect", "ws://c:3/v1/connect", "ws://a:1/v1/connect"],
  );
});

test("client begins at a random URL and keeps a path that is given", () => {
  const urls: string[] = [];
  const options = {
    urls: ["ws://a:1", "wss://b/some/path?x=1"],
    random: () => 0.7,
    webSocket: (url: string): never => {
      urls.push(url);
      throw new Error("offline");
    },
  };
  const h = new Harness({ ...options, firstUrl: Math.floor(options.random() * 2) });

  h.client.connect();

  assert.deepEqual(urls, ["wss://b/some/path?x=1"]);
  assert.equal(h.errors[0]?.code, "socket-failed");
  assert.equal(h.client.state, "waiting");
});

spec("CC-10", "client waits longer with every failure", async () => {
  const h = new Harness();
  h.client.connect();
  const delays: (number | undefined)[] = [];
  for (let round = 0; round < 9; round++) {
    h.socket.drop();
    delays.push(h.states.at(-1)?.delay);
    await h.retry();
  }

  assert.deepEqual(delays, [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

spec("CC-10", "client forgets failures only after a connection has held", async () => {
  const h = new Harness();
  h.client.connect();
  h.socket.drop();
  await h.retry();
  h.socket.drop();
  await h.retry();

  await h.greet();
  await h.clock.advance(9_999);
  h.socket.drop();
  assert.equal(h.states.at(-1)?.delay, 500);

  await h.retry();
  await h.greet();
  await h.clock.advance(10_000);
  h.socket.drop();
  assert.equal(h.states.at(-1)?.delay, 125);
});

spec("CC-10", "client obeys retry-after instead of its backoff", async () => {
  const h = new Harness();
  await h.open();

  h.socket.drop(4004, "overloaded, retry-after=7000");
  assert.equal(h.states.at(-1)?.delay, 7_000);
  await h.clock.advance(6_999);
  assert.equal(h.sockets.length, 1);
  await h.clock.advance(1);
  assert.equal(h.sockets.length, 2);
});

for (const code of [4002, 4004]) {
  for (const random of [0, 0.999]) {
    spec("CC-10", `client comes back after ${code} exactly when it is told, with random at ${random}`, async () => {
      const network = new Network();
      const h = new Harness({ network });
      h.random = random;
      await h.open();
      h.socket.drop(code, "retry-after=30000");

      for (const wait of [10_000, 19_999]) {
        network.gone();
        network.back();
        h.client.connect();
        await h.clock.advance(wait);
      }
      assert.equal(h.sockets.length, 1);
      await h.clock.advance(1);
      assert.equal(h.sockets.length, 2);
    });
  }
}

test("client tells of a close as slow consumer, with the time until it comes back", async () => {
  const h = new Harness();
  const seen: unknown[] = [];
  h.client.on("slow", (event) => seen.push(event));
  h.client.on("state", ({ to, code, delay }) => seen.push([to, code, delay]));
  await h.open();
  seen.length = 0;

  h.socket.drop(4002, "slow-consumer, retry-after=2500");
  assert.deepEqual(seen, [{ node: "n1", url: "ws://a:1/v1/connect", retryAfter: 2_500 }, ["waiting", 4002, 2_500]]);
  await h.retry();
  await h.greet({ resumed: true, node: "n2" });
  seen.length = 0;
  h.socket.drop(4002);
  assert.deepEqual(seen[0], { node: "n2", url: "ws://b:2/v1/connect" });
  h.socket.drop(4004, "retry-after=10");

  assert.equal(seen.length, 2);
});

test("client that is closed because it was too slow does not come back", async () => {
  const h = new Harness();
  const closing: ReturnType<typeof track>[] = [];
  h.client.on("slow", () => closing.push(track(h.client.close())));
  await h.open();

  h.socket.drop(4002, "retry-after=2500");
  await h.clock.advance(10_000);

  assert.equal(h.path, "idle connecting open closed");
  assert.equal(closing[0]?.settled, true);
  assert.equal(h.sockets.length, 1);
  assert.equal(h.clock.pendingTimers, 0);
});

type NetworkEvent = "online" | "offline";

class Network {
  listeners: { type: NetworkEvent; listener: () => void }[] = [];
  addEventListener(type: NetworkEvent, listener: () => void): void {
    this.listeners.push({ type, listener });
  }
  removeEventListener(type: NetworkEvent, listener: () => void): void {
    this.listeners = this.listeners.filter((one) => one.type !== type || one.listener !== listener);
  }
  back(): void {
    this.#tell("online");
  }
  gone(): void {
    this.#tell("offline");
  }
  #tell(type: NetworkEvent): void {
    for (const one of this.listeners.filter((candidate) => candidate.type === type)) {
      one.listener();
    }
  }
}

spec("CC-10", "client tries at once when the network is back", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();
  h.socket.drop();

  network.back();

  assert.equal(h.sockets.length, 2);
  assert.equal(h.states.at(-1)?.code, "online");
});

spec("CC-10", "client begins an attempt anew that hangs when the network is back", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();
  h.socket.drop();
  await h.retry();
  const hanging = h.socket;

  network.gone();
  network.back();
  assert.equal(hanging.closed, true);
  assert.equal(h.sockets.length, 3);
  await h.greet({ resumed: true });
  hanging.open();
  await h.clock.advance(10_000);

  assert.equal(h.path, "idle connecting open waiting resuming open");
  assert.deepEqual(hanging.sent, []);
});

spec("CC-10", "client waits for the answer to its hello when the network is back", async () => {
  const network = new Network();
  const h = new Harness({ network });
  h.client.connect();
  await settle();
  h.socket.open();

  network.back();

  assert.equal(h.sockets.length, 1);
  assert.equal(h.socket.closed, false);
});

spec("CC-10", "client tries on while the network is said to be gone, and at once when it is back", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();
  network.gone();
  h.socket.drop();
  for (let failure = 0; failure < 6; failure++) {
    await h.retry();
    h.socket.drop();
  }
  assert.equal(h.states.at(-1)?.delay, 8_000);

  network.back();

  assert.equal(h.sockets.length, 8);
});

spec("CC-10", "client keeps to the server's advice when the network is back", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();
  h.socket.drop(4004, "retry-after=7000");

  network.back();

  assert.equal(h.sockets.length, 1);
});

test("client asks for a sign of life when the network is back and the connection looks open", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();

  network.back();
  await settle();
  assert.equal(h.socket.take()[0]?.type, "ping");
  h.socket.receive({ type: "pong", time: 1 });
  await h.clock.advance(10_000);
  assert.equal(h.client.state, "open");

  network.back();
  await h.clock.advance(10_000);
  assert.equal(h.states.at(-1)?.code, "silent");
});

test("client asks for a sign of life when the network is said to be gone", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();

  network.gone();
  await settle();
  assert.equal(h.socket.take()[0]?.type, "ping");
  await h.clock.advance(10_000);
  assert.equal(h.states.at(-1)?.code, "silent");

  network.gone();
  assert.equal(h.client.state, "waiting");
});

test("client stops to listen for the network when it is closed", async () => {
  const network = new Network();
  const h = new Harness({ network });
  await h.open();
  h.client.close();

  assert.deepEqual(network.listeners, []);
});

for (const code of [4500, 4501, 4502, 4503, 4504, 4505, 4999]) {
  spec("CC-11", `client stops on ${code}`, async () => {
    const h = new Harness();
    const room = h.client.room("a");
    const join = track(room.join());
    await h.open();

    h.socket.drop(code, "no more");
    await h.clock.advance(100_000);

    assert.equal(h.sockets.length, 1);
    assert.deepEqual(h.states.at(-1), { from: "open", to: "closed", code, reason: "no more" });
    assert.equal(h.errors[0]?.code, "stopped");
    assert.match(h.errors[0]?.message ?? "", new RegExp(`${code}.*no more`));
    assert.equal(join.error?.code, "stopped");
    await assert.rejects(room.publish(1), { code: "stopped" });
  });
}

for (const code of [1000, 1001, 1006, 1007, 1011, 1013, 4000, 4001, 4002, 4003, 4004, 4005, 4006, 4499]) {
  spec("CC-11", `client reconnects on ${code}`, async () => {
    const h = new Harness();
    await h.open();

    h.socket.drop(code);
    await h.clock.advance(250);

    assert.equal(h.client.state, "resuming");
  });
}

test("client can connect again after a stop, with a new session and its positions", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  void room.join();
  await h.open({ rooms: [joined("a", 5)] });
  h.socket.drop(4505);

  await assert.rejects(room.join(), { code: "stopped" });
  h.client.connect();
  void room.join();
  await settle();
  h.socket.open();

  assert.equal(h.client.state, "connecting");
  assert.equal(h.socket.hello.session, undefined);
  assert.deepEqual(h.socket.hello.rooms, [{ room: "a", position: { epoch: "e1", offset: 5 } }]);
});

spec("CC-16", "client asks for a fresh token for every connection", async () => {
  let count = 0;
  const h = new Harness({ token: async () => `t${++count}` });
  await h.open();
  assert.equal(h.socket.hello.token, "t1");

  h.socket.drop(4003);
  await h.clock.advance(250);
  h.socket.open();
  assert.equal(h.socket.hello.token, "t2");
});

test("client retries when the token callback fails", async () => {
  const offline = () => Promise.reject(new Error("offline"));
  const tokens = [offline, () => null as never, () => "good"];
  const h = new Harness({ token: () => (tokens.shift() ?? offline)() });
  h.client.connect();
  await settle();
  await h.retry();
  await h.retry();

  await h.greet();

  assert.equal(h.client.state, "open");
  assert.equal(h.socket.hello.token, "good");
  assert.deepEqual(
    h.errors.map((error) => [error.code, (error.cause as Error).message]),
    [
      ["token-failed", "offline"],
      ["token-failed", "token is null (expected: a string)"],
    ],
  );
});

test("client gives up a connection without a welcome in time", async () => {
  const h = new Harness();
  h.client.connect();
  await settle();
  h.socket.open();

  await h.clock.advance(10_000);

  assert.equal(h.states.at(-1)?.code, "connect-timeout");
  assert.equal(h.sockets[0]?.closed, true);
});

test("client gives up a token callback that hangs", async () => {
  const h = new Harness({ token: () => new Promise(() => undefined) });
  h.client.connect();

  await h.clock.advance(10_000);

  assert.equal(h.states.at(-1)?.code, "connect-timeout");
});

spec("CC-9", "client answers ping with the same time", async () => {
  const h = new Harness();
  await h.open();

  h.socket.receive({ type: "ping", time: 1_790_000_000_000 });
  await settle();

  assert.deepEqual(h.socket.take(), [{ type: "pong", time: 1_790_000_000_000 }]);
});

spec("CC-9", "client reconnects when it has heard nothing for interval and timeout", async () => {
  const h = new Harness();
  await h.open();

  await h.clock.advance(29_000);
  h.socket.receive({ type: "ping", time: 1 });
  await h.clock.advance(29_999);
  assert.equal(h.client.state, "open");
  await h.clock.advance(1);

  assert.equal(h.states.at(-1)?.code, "silent");
  assert.equal(h.sockets[0]?.closed, true);
});

test("client ignores what a connection says after it was given up", async () => {
  const h = new Harness();
  const room = h.client.room("a");
  const got: unknown[] = [];
  room.on("publication", (p) => got.push(p.data));
  void room.join();
  const old = await h.open({ rooms: [joined("a", 1)] });
  await h.clock.advance(30_000);

  old.receive(publication("a", 2));
  old.drop(4503);

  assert.deepEqual(got, []);
  assert.notEqual(h.client.state, "closed");
});

for (const [name, message] of [
  ["no JSON", "{"],
  ["no frame", "7"],
  ["a binary message", new ArrayBuffer(2)],
  ["a faulty frame", '{"type":"ack","room":"a"}'],
] as const) {
  test(`client reconnects after ${name}`, async () => {
    const h = new Harness();
    await h.open();

    h.socket.receiveText(message);

    assert.equal(h.states.at(-1)?.code, "broken-stream");
    assert.equal(h.errors[0]?.code, "broken-stream");
  });
}

test("client reports a session that was resumed, restored or replaced, and the time without a connection", async () => {
  const h = new Harness();
  const outcomes: unknown[] = [];
  h.client.on("outcome", ({ session, node, interruption }) => outcomes.push([session, node, interruption]));
  await h.open();
  for (const options of [{ resumed: true, node: "n2" }, { resumed: false }, { id: "s2" }]) {
    h.socket.drop();
    // The first attempt comes by itself; the welcome follows 40 ms later.
    await h.clock.advance(h.states.at(-1)?.delay ?? 0);
    await h.clock.advance(40);
    await h.greet(options);
    await h.clock.advance(10_000);
  }

  assert.deepEqual(outcomes, [
    ["new", "n1", 0],
    ["resumed", "n2", 165],
    ["restored", "n1", 165],
    ["replaced", "n1", 165],
  ]);
  assert.deepEqual(h.client.session, { id: "s2", publisher: "p-s2", resumed: false, window: 120_000 });
});

test("table of moves has a way out of every state", () => {
  for (const [from, to] of Object.entries(MOVES)) {
    assert.ok(to.length > 0, from);
    assert.ok(!to.includes(from as never), `${from} to itself`);
  }
});

test("listener that throws neither stops the client nor the other listeners", async () => {
  const h = new Harness();
  const seen: string[] = [];
  h.client.on("welcome", () => {
    throw new Error("oops");
  });
  h.client.on("welcome", (event) => seen.push(event.node));

  await h.open();

  assert.deepEqual(seen, ["n1"]);
  assert.equal(h.client.state, "open");
  assert.equal(h.errors[0]?.code, "listener-failed");
  assert.deepEqual(h.errors[0]?.cause, new Error("oops"));
});

test("listener that closes the client in the middle of an event ends it", async () => {
  const h = new Harness();
  h.client.on("welcome", () => void h.client.close());
  const room = h.client.room("a");
  const join = track(room.join());

  await h.open({ rooms: [joined("a", 1)] });

  assert.equal(h.client.state, "closed");
  assert.equal(join.error?.code, "closed");
  assert.equal(h.socket.sent.at(-1)?.type, "bye");
});

test("client sends bye, takes the last acknowledgements and resolves when the broker closes", async () => {
  const h = new Harness();
  await h.open({ limits: { inflight: 1 } });
  const sent = track(h.client.room("a").publish(1));
  const unsent = track(h.client.room("a").publish(2));

  const closing = track(h.client.close());
  assert.equal(h.client.state, "closed");
  assert.deepEqual(
    h.socket.take().map((frame) => frame.type),
    ["publish", "bye"],
  );
  h.socket.receive({ type: "ack", room: "a", number: 1, position: { epoch: "e1", offset: 9 } });
  await settle();
  assert.equal(closing.settled, false);
  h.socket.drop(1000);
  await settle();

  assert.equal(closing.settled, true);
  assert.equal(sent.value?.offset, 9);
  // The acknowledgement made room for the second; it went out behind the bye and has no answer.
  assert.equal(unsent.error?.code, "unknown-outcome");
  assert.equal(h.clock.pendingTimers, 0);
});

test("client does not wait for ever for the end of a connection", async () => {
  const h = new Harness();
  await h.open();

  const closing = track(h.client.close());
  await h.clock.advance(5_000);

  assert.equal(closing.settled, true);
  assert.equal(h.socket.closed, true);
  assert.equal(h.clock.pendingTimers, 0);
});

test("client closes at once without a connection", async () => {
  const h = new Harness();
  h.client.connect();
  h.socket.drop();

  await h.client.close();

  await h.clock.advance(100_000);
  assert.equal(h.sockets.length, 1);
  assert.equal(h.clock.pendingTimers, 0);
});
