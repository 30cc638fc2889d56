import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delivery, RejoinClient, type RejoinError } from "../src/index.js";
import { ManualClock, settle } from "./manual-clock.js";
import { ModelBroker, seeded } from "./model-broker.js";

const RUNS = 500;

interface Totals {
  publishes: number;
  connections: number;
  takeovers: number;
  refused: number;
  conflated: number;
}

for (const delivery of ["all", "latest"] as const) {
  test(`client with delivery ${delivery} loses, repeats and reorders nothing in ${RUNS} random runs against a model of the broker`, async () => {
    const totals: Totals = { publishes: 0, connections: 0, takeovers: 0, refused: 0, conflated: 0 };
    for (let seed = 0; seed < RUNS; seed++) {
      await run(seed, delivery, totals);
    }
    const { publishes, connections, takeovers, refused, conflated } = totals;
    console.log(
      `model, ${delivery}: ${publishes} publishes over ${connections} connections, ${takeovers} of them by goaway, ` +
        `${refused} refused; ${conflated} publications conflated`,
    );
    assert.ok(connections > RUNS * 3 && takeovers > RUNS && refused > RUNS / 2, "the runs had faults");
    assert.equal(conflated > RUNS, delivery === "latest", "publications were conflated");
  });
}

async function run(seed: number, delivery: Delivery, totals: Totals): Promise<void> {
  const random = seeded(seed);
  const clock = new ManualClock();
  const broker = new ModelBroker(clock, random);
  const client = new RejoinClient({ urls: ["ws://a:1", "ws://b:2"], clock, random, webSocket: broker.connect });
  const room = client.room<number>("a", delivery === "all" ? { position: { offset: 0 } } : { delivery });
  const errors: RejoinError[] = [];
  /** Every offset that the application was told of, and whether as a gap. */
  const got: Told[] = [];
  const results = new Map<number, { offset?: number | undefined; code?: string }>();
  client.on("error", (error) => errors.push(error));
  room.on("publication", (p) => got.push({ offset: p.position.offset, conflated: false }));
  room.on("gap", ({ reason, from = 0, to = 0 }) => {
    assert.equal(reason, "conflated", `seed ${seed}: reason of a gap`);
    for (let offset = from; offset <= to; offset++) {
      got.push({ offset, conflated: true });
    }
  });
  // A join that is overtaken by a leave is told so.
  const join = () => room.join().catch((error: RejoinError) => assert.equal(error.code, "left"));
  client.connect();
  void join();

  for (let step = 0, data = 0; step < 120; step++) {
    const dice = random();
    const live = broker.sockets.filter((socket) => socket.alive);
    if (dice < 0.5) {
      const value = ++data;
      room.publish(value, { key: `k${value % 5}` }).then(
        (position) => results.set(value, { offset: position?.offset }),
        (error: RejoinError) => results.set(value, { code: error.code }),
      );
    } else if (dice < 0.56) {
      live.at(-1)?.lose();
    } else if (dice < 0.62) {
      live.at(-1)?.reply({ type: "goaway", after: Math.floor(random() * 60), deadline: 1_000, reason: "" });
      totals.takeovers += live.length > 0 ? 1 : 0;
    } else if (dice < 0.66) {
      broker.epoch += 1;
    } else if (dice < 0.7) {
      void room.leave();
      void join();
    }
    await clock.advance(Math.floor(random() * 40));
  }
  broker.faults = false;
  await clock.advance(120_000);
  await settle();

  check(seed, broker, got, results);
  if (delivery === "all") {
    assert.ok(!got.some(({ conflated }) => conflated), `seed ${seed}: conflated without latest`);
  }
  assert.equal(room.pending, 0, `seed ${seed}: pending`);
  assert.equal(client.state, "open", `seed ${seed}: state`);
  assert.deepEqual(errors, [], `seed ${seed}: errors`);
  totals.publishes += results.size;
  totals.connections += broker.sockets.length;
  totals.refused += broker.refused;
  totals.conflated += got.filter(({ conflated }) => conflated).length;
}

interface Told {
  offset: number;
  conflated: boolean;
}

function check(
  seed: number,
  broker: ModelBroker,
  got: readonly Told[],
  results: ReadonlyMap<number, { offset?: number | undefined; code?: string }>,
): void {
  const offsets = broker.log.map((entry) => entry.position.offset);
  const published = broker.log.map((entry) => entry.data);
  const accepted = [...results.keys()].filter((value) => value % 13 !== 0).sort((a, b) => a - b);
  const refused = [...results].filter(([value]) => value % 13 === 0);

  const told = got.map(({ offset }) => offset);
  assert.deepEqual(told, offsets, `seed ${seed}: every publication or its gap once and in order`);
  const newest = new Map(broker.log.map(({ key, position }) => [key, position.offset]));
  const missing = got.filter(({ offset, conflated }) => conflated && [...newest.values()].includes(offset));
  assert.deepEqual(missing, [], `seed ${seed}: the newest value of every key`);
  assert.deepEqual(published, accepted, `seed ${seed}: every publish once and in order`);
  for (const { position, data } of broker.log) {
    assert.equal(results.get(data)?.offset, position.offset, `seed ${seed}: position of ${data}`);
  }
  assert.ok(
    refused.every(([, result]) => result.code === "forbidden"),
    `seed ${seed}: refusals reach the caller`,
  );
}
