import assert from "node:assert/strict";
import { test } from "node:test";
import { ack, Harness, joined, publication, settle, track } from "./harness.js";

test("client tells how often it wants to be pinged, and nothing when it does not care", async () => {
  const wishing = await new Harness({ heartbeat: 5_000 }).open();
  const content = await new Harness().open();

  assert.deepEqual(wishing.hello.heartbeat, { interval: 5_000 });
  assert.equal("heartbeat" in content.hello, false);
});

test("client connects, joins, receives and publishes", async () => {
  const h = new Harness();
  const room = h.client.room<number>("prices");
  const got: number[] = [];
  room.on("publication", (p) => got.push(p.data));

  const join = track(room.join());
  const socket = await h.open();
  assert.deepEqual(socket.protocols, ["rejoin.v1.json"]);
  assert.equal(socket.url, "ws://a:1/v1/connect");
  assert.deepEqual(socket.hello.rooms, [{ room: "prices" }]);
  assert.deepEqual(h.path, "idle connecting open");
  // This harness answers the hello without its room, as if it had not fitted: the client joins it.
  const [request] = socket.take();
  assert.deepEqual(request, { type: "join", ref: 1, room: "prices" });
  socket.receive(joined("prices", 41, { ref: 1 }), publication("prices", 42), publication("prices", 43));
  await settle();

  assert.equal(join.value?.outcome, "live");
  assert.deepEqual(got, [42, 43]);
  assert.deepEqual(room.position, { epoch: "e1", offset: 43 });

  const published = track(room.publish(7));
  await settle();
  assert.deepEqual(socket.take(), [{ type: "publish", ref: 2, room: "prices", number: 1, first: 1, data: 7 }]);
  assert.equal(room.pending, 1);
  socket.receive(ack("prices", 1, 44));
  await settle();
  assert.deepEqual(published.value, { epoch: "e1", offset: 44 });
  assert.equal(room.pending, 0);
  assert.deepEqual(room.position, { epoch: "e1", offset: 43 });
});
