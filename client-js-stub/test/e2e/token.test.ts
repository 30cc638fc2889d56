import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { WebSocket } from "ws";
import type { OutcomeEvent, StateChange } from "../../src/index.js";
import { RejoinClient } from "../../src/index.js";
import { Broker, Cable } from "./broker.js";

// Compiled into .e2e-build/test/e2e, so the package is three folders up.
const PACKAGE = new URL("../../../", import.meta.url);
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];
const FILES: Readonly<Record<string, readonly [type: string, path: string]>> = {
  "/": ["text/html", "test/e2e/token-page/index.html"],
  "/page.mjs": ["text/javascript", "test/e2e/token-page/page.mjs"],
  "/rejoin.min.js": ["text/javascript", "dist/rejoin.min.js"],
};
const STEP_LIMIT_MS = 30_000;
const TOKEN_SECONDS = 4;
const GRACE_MS = 2_000;
/** Publications by a backend, every so many milliseconds. */
const PUBLISH_EVERY_MS = 100;
/** In tests that are not about it. */
const SHORT_BACKOFF_MS = 200;
/** Longer than a test may take: whoever waits for it fails. */
const LONG_BACKOFF_MS = 120_000;
const BACKEND = "backend";
const API_KEY = randomBytes(24).toString("hex");
const SECRET = randomBytes(32);

/** What the page has noted. */
interface Seen {
  readonly state: string;
  readonly states: readonly (StateChange & { at: number })[];
  readonly outcomes: readonly (OutcomeEvent & { at: number })[];
  readonly errors: readonly { code: string; message: string }[];
  readonly gaps: readonly unknown[];
  /** How often the room was joined. */
  readonly joins: number;
  readonly offsets: readonly number[];
}

/** One user's page, with what went over its sockets. */
interface Visit {
  readonly page: Page;
  readonly network: CDPSession;
  readonly cable: Cable;
  /** Types of the frames of each socket, in order. */
  readonly sockets: string[][];
  readonly faults: string[];
}

const folder = mkdtempSync(join(tmpdir(), "rejoin-e2e-"));
/** Seconds since the Unix epoch at which the tokens of each user end. */
const issued = new Map<string, number[]>();
const withoutTokens = new Set<string>();
const visits: Visit[] = [];

let issuer: Server;
let broker: Broker;
let browser: Browser;
let backend: RejoinClient;

before(async () => {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing (install it: apt-get install chromium, or set CHROMIUM)`);
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, SECRET, { mode: 0o400 });
  issuer = createServer(({ url = "/" }, response) => {
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    const user = searchParams.get("user") ?? "";
    const file = FILES[pathname];
    if (pathname === "/token") {
      response.writeHead(withoutTokens.has(user) ? 503 : 200, { "Content-Type": "text/plain" });
      response.end(withoutTokens.has(user) ? "" : tokenFor(user, TOKEN_SECONDS));
    } else if (file !== undefined) {
      response.writeHead(200, { "Content-Type": file[0] });
      response.end(readFileSync(new URL(file[1], PACKAGE)));
    } else {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  broker = await Broker.start({
    REJOIN_AUTH_MODE: "jwt",
    REJOIN_AUTH_JWT_SECRET_FILE: secretFile,
    REJOIN_AUTH_JWT_CLOCK_SKEW: "1s",
    REJOIN_AUTH_EXPIRY_GRACE: `${GRACE_MS}ms`,
    REJOIN_API_KEY: API_KEY,
    REJOIN_HEARTBEAT_INTERVAL: "2s",
    REJOIN_HEARTBEAT_TIMEOUT: "1s",
  });
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  backend = new RejoinClient({
    urls: [`ws://127.0.0.1:${broker.clientPort}`],
    webSocket: (url, protocols) => new WebSocket(url, protocols),
    token: () => tokenFor(BACKEND, 600),
  });
  backend.connect();
});

after(async () => {
  await backend?.close();
  await browser?.close();
  await broker?.stop();
  issuer?.close();
  rmSync(folder, { recursive: true });
});

afterEach(async () => {
  for (const { page, cable } of visits.splice(0)) {
    await page.close();
    cable.close();
  }
});

test("a token that expires is replaced on the open connection", async () => {
  const visit = await open("alice", SHORT_BACKOFF_MS);
  const feed = new Feed("alice");
  const [firstEnd] = issued.get("alice") as [number];

  await until("the first token is long void, and two others too old", visit, () => {
    const refreshed = visit.sockets.flat().filter((type) => type === "refreshed").length;
    return refreshed >= 2 && Date.now() > firstEnd * 1_000 + GRACE_MS + 2_000;
  });
  const last = await feed.stop();
  await until("all publications", visit, ({ offsets }) => offsets.length >= last);

  const { state, states, errors, offsets } = await seen(visit);
  const sent = visit.sockets.flat().filter((type) => type === "refresh").length;
  assert.equal(state, "open");
  assert.deepEqual(moves(states), ["connecting", "open"]);
  assert.equal(visit.sockets.length, 1);
  assert.ok(
    sent >= 2 && issued.get("alice")?.length === 1 + sent,
    `${sent} refreshes of ${issued.get("alice")} tokens`,
  );
  assert.deepEqual(offsets, upTo(last));
  assert.deepEqual(errors, []);
  assert.deepEqual(visit.faults, []);
});

test("a client that gets no new token is closed with 4003, and resumes once it has one", async () => {
  const visit = await open("bob", SHORT_BACKOFF_MS);
  const feed = new Feed("bob");
  withoutTokens.add("bob");

  await until("closed, and asking in vain", visit, ({ states }) => {
    const expired = states.findIndex(({ code }) => code === 4003);
    return expired >= 0 && states.slice(expired).some(({ code }) => code === "token-failed");
  });
  withoutTokens.delete("bob");
  await until("a second welcome", visit, ({ state, outcomes }) => state === "open" && outcomes.length === 2);
  const last = await feed.stop();
  await until("all publications", visit, ({ offsets }) => offsets.length >= last);

  const { outcomes, errors, gaps, offsets } = await seen(visit);
  assertResumed(outcomes.at(-1), "bob");
  assert.deepEqual([...new Set(errors.map(({ code }) => code))], ["token-failed"]);
  assert.deepEqual(gaps, []);
  assert.deepEqual(offsets, upTo(last));
  assert.deepEqual(visit.faults, ["token"]);
});

test("a user who is revoked is stopped, and stays so until the page connects again", async () => {
  const visit = await open("mallory", SHORT_BACKOFF_MS);
  const feed = new Feed("mallory");
  await until("some publications", visit, ({ offsets }) => offsets.length >= 5);

  await broker.post("/v1/revocations", API_KEY, { user: "mallory" });
  const revokedAt = Date.now();

  await until("closed", visit, ({ state }) => state === "closed");
  const stopped = await seen(visit);
  assert.equal(stopped.states.at(-1)?.code, 4505);
  assert.deepEqual(
    stopped.errors.map(({ code }) => code),
    ["stopped"],
  );
  assert.match(stopped.errors[0]?.message ?? "", /4505 revoked/);
  assert.deepEqual(await call(visit, "publish(1)"), { rejected: "stopped" });

  // Neither time, ten times the back-off, nor the network's return may bring it back.
  const tokens = issued.get("mallory")?.length;
  const before = feed.settled;
  await setOffline(visit, true);
  await until("ten publications", visit, () => feed.settled >= before + 10);
  await setOffline(visit, false);
  await until("ten more", visit, () => feed.settled >= before + 10 + (SHORT_BACKOFF_MS * 10) / PUBLISH_EVERY_MS);
  const later = await seen(visit);
  assert.deepEqual(later.states, stopped.states);
  assert.deepEqual(later.offsets, stopped.offsets);
  assert.equal(visit.sockets.length, 1);
  assert.equal(issued.get("mallory")?.length, tokens);

  // A token is of a whole second: one of the second of the revocation is void, too.
  await until("the next second", visit, () => Math.floor(Date.now() / 1_000) > Math.floor(revokedAt / 1_000));
  await call(visit, "connect()");
  assert.equal(await call(visit, "join()"), "resumed");
  const last = await feed.stop();
  await until("all publications", visit, ({ offsets }) => offsets.length >= last);
  assert.deepEqual((await seen(visit)).offsets, upTo(last));
  assert.deepEqual(visit.faults, []);
});

test("a page whose network was gone resumes at once when it is back, and misses nothing", async () => {
  const visit = await open("carol", LONG_BACKOFF_MS);
  const feed = new Feed("carol");
  await until("some publications", visit, ({ offsets }) => offsets.length >= 5);

  visit.cable.pull();
  await setOffline(visit, true);
  await until("the loss is noticed", visit, ({ state }) => state === "waiting");
  const published = call(visit, 'publish("from offline")');
  const during = feed.settled;
  await until("publications meanwhile", visit, () => feed.settled >= during + 20);
  assert.equal((await seen(visit)).state, "waiting");
  assert.equal(visit.sockets.length, 1);

  visit.cable.plug();
  const backAt = Date.now();
  await setOffline(visit, false);
  await until("connected again", visit, ({ state, outcomes }) => state === "open" && outcomes.length === 2);
  const own = (await published) as { offset: number };
  const last = Math.max(await feed.stop(), own.offset);
  await until("all publications", visit, ({ offsets }) => offsets.length >= last);

  const { states, outcomes, errors, gaps, offsets } = await seen(visit);
  assert.deepEqual(moves(states), ["connecting", "open", "waiting", "resuming", "open"]);
  assert.ok((states[2]?.delay ?? 0) > LONG_BACKOFF_MS / 2, `it waited for ${states[2]?.delay} ms`);
  assert.equal(states[3]?.code, "online");
  assertResumed(outcomes.at(-1), "carol");
  const took = (outcomes.at(-1)?.at ?? 0) - backAt;
  assert.ok(took < 5_000, `it took ${took} ms`);
  assert.equal(visit.sockets.length, 2);
  assert.deepEqual([gaps, errors], [[], []]);
  assert.deepEqual(offsets, upTo(last));
  assert.deepEqual(visit.faults, []);
});

/** Publications to one room by the backend, in order, until it is stopped. */
class Feed {
  settled = 0;
  #last = 0;
  #failure: unknown;
  readonly #publishes: Promise<void>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(room: string) {
    const handle = backend.room<number>(room);
    this.#timer = setInterval(() => {
      const publish = handle.publish(this.#publishes.length).then(
        (position) => {
          this.settled += 1;
          this.#last = Math.max(this.#last, position?.offset ?? 0);
        },
        (failure) => {
          this.#failure ??= failure;
        },
      );
      this.#publishes.push(publish);
    }, PUBLISH_EVERY_MS);
    this.#timer.unref();
  }

  /** Resolves with the offset of the last one. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    await Promise.all(this.#publishes);
    assert.equal(this.#failure, undefined);
    assert.ok(this.#last > 0, "the feed has published");
    return this.#last;
  }
}

/** Opens the page of a user, whose room is named as they are, and waits until it is a member. */
async function open(user: string, backoff: number): Promise<Visit> {
  const cable = await Cable.to(broker.clientPort);
  const page = await browser.newPage();
  const network = await page.context().newCDPSession(page);
  const visit: Visit = { page, network, cable, sockets: [], faults: [] };
  visits.push(visit);
  await network.send("Network.enable");
  page.on("websocket", (socket) => {
    const types: string[] = [];
    visit.sockets.push(types);
    for (const event of ["framesent", "framereceived"] as const)
      socket.on(event as "framesent", ({ payload }) => {
        types.push(...[JSON.parse(String(payload))].flat().map(({ type }) => type));
      });
  });
  page.on("pageerror", (error) => visit.faults.push(error.message));
  page.on("response", (answer) => {
    if (!answer.ok() && !visit.faults.includes("token")) visit.faults.push(new URL(answer.url()).pathname.slice(1));
  });
  const query = new URLSearchParams({
    user,
    room: user,
    broker: `ws://127.0.0.1:${cable.port}`,
    backoff: String(backoff),
  });
  await page.goto(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/?${query}`);
  await until("a member", visit, ({ joins }) => joins === 1);
  return visit;
}

function call(visit: Visit, what: string): Promise<unknown> {
  return visit.page.evaluate(`probe.${what}`);
}

async function seen(visit: Visit): Promise<Seen> {
  return (await call(visit, "seen()")) as Seen;
}

async function until(what: string, visit: Visit, condition: (seen: Seen) => boolean): Promise<void> {
  const deadline = Date.now() + STEP_LIMIT_MS;
  while (!condition(await seen(visit))) {
    if (Date.now() > deadline) {
      const shown = JSON.stringify({ ...(await seen(visit)), sockets: visit.sockets, faults: visit.faults });
      assert.fail(`not within ${STEP_LIMIT_MS} ms: ${what}\n${shown}\n${broker.log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the developer tools do: no new connections, and the page is told. */
async function setOffline({ network }: Visit, offline: boolean): Promise<void> {
  await network.send("Network.emulateNetworkConditions", {
    offline,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
}

/** A token by HS256, as the users' own server would sign it. */
function tokenFor(user: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const room = user === BACKEND ? "*" : user;
  const grants = [{ room, actions: ["join", "publish"] }];
  const claims = { sub: user, iat: now, exp: now + seconds, rejoin: { grants } };
  const signed = `${base64({ alg: "HS256", typ: "JWT" })}.${base64(claims)}`;
  issued.set(user, [...(issued.get(user) ?? []), claims.exp]);
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function assertResumed(outcome: OutcomeEvent | undefined, room: string): void {
  assert.deepEqual([outcome?.session, outcome?.rooms], ["resumed", [{ room, outcome: "resumed" }]]);
}

function moves(states: readonly StateChange[]): string[] {
  return states.map(({ to }) => to);
}

/** The offsets from 1 to `last`. */
function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
