// Replays recorded data as live publications. It is a client like any other: it resumes through kills, and its outbox keeps what is not
// acknowledged. Every publication carries a sequence number of its own, so that the page can count without trusting the broker's.
import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import { RejoinClient } from "../dist/index.js";
import { CLIENT_URLS } from "./settings.mjs";

const PRICES_EVERY_MS = 200;
const FLIGHTS_EVERY_MS = 20;
const MOST_UNSETTLED = 500;
const STOP_LIMIT_MS = 2_000;

const dataFile = (name) => new URL(`../node_modules/vega-datasets/data/${name}`, import.meta.url);

async function prices() {
  const [, ...lines] = (await readFile(dataFile("sp500-2000.csv"), "utf8")).trim().split("\n");
  return lines.map((line) => {
    const [date, open, high, low, close] = line.split(",");
    return { date, open: Number(open), high: Number(high), low: Number(low), close: Number(close) };
  });
}

async function flights() {
  return JSON.parse(await readFile(dataFile("flights-5k.json"), "utf8"));
}

/** Publishes the records one after the other, over and over; while many are unacknowledged the feed waits. */
function replay(room, records, everyMs, keyOf, run) {
  const unsettled = new Set();
  let sequence = 0;
  const timer = setInterval(() => {
    if (unsettled.size >= MOST_UNSETTLED) return;
    const record = records[sequence % records.length];
    const data = { feed: { run, sequence: ++sequence, cycle: Math.floor((sequence - 1) / records.length) }, ...record };
    const publish = room
      .publish(data, { key: keyOf(record) })
      .catch((error) => console.error(`feed: ${room.name}: ${error.code}: ${error.message}`))
      .finally(() => unsettled.delete(publish));
    unsettled.add(publish);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(unsettled);
  };
}

/** Starts the feed; the result stops it, after what it sent is acknowledged, or after a while. */
export async function startFeed() {
  const [priceRecords, flightRecords] = await Promise.all([prices(), flights()]);
  const client = new RejoinClient({
    urls: CLIENT_URLS,
    webSocket: (url, protocols) => new WebSocket(url, protocols),
    backoff: { min: 100, max: 2_000 },
  });
  client.on("error", (error) => console.error(`feed: ${error.code}: ${error.message}`));
  client.connect();
  const run = Date.now().toString(36);
  const stops = [
    replay(client.room("prices"), priceRecords, PRICES_EVERY_MS, () => "SPX", run),
    replay(client.room("flights"), flightRecords, FLIGHTS_EVERY_MS, (flight) => flight.origin, run),
  ];
  return async () => {
    const limit = new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS));
    await Promise.race([Promise.all(stops.map((stop) => stop())), limit]);
    await client.close();
  };
}
