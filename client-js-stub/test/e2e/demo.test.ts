import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

// Compiled into .e2e-build/test/e2e, so the package is three folders up.
const PACKAGE = new URL("../../../", import.meta.url);
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const RUN = fileURLToPath(new URL("demo/run.mjs", PACKAGE));
const PORTS = [1, 2, 3].flatMap((index) => [8080, 8090, 9090, 5700, 15700].map((base) => base + index)).concat(8000);
// A second run on the same machine must not fail the first.
const PORT_OFFSET = await freeOffset();
const environment = { ...process.env, DEMO_PORT_OFFSET: String(PORT_OFFSET) };
const PAGE_URL = `http://127.0.0.1:${8000 + PORT_OFFSET}/`;
const START_LIMIT_MS = 120_000;
const STEP_LIMIT_MS = 60_000;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let demo: ChildProcess;
let browser: Browser;
let page: Page;
let output = "";
const faults: string[] = [];

async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? "";
}

function text(id: string): Promise<string> {
  return textOf(page.getByTestId(id));
}

async function count(id: string): Promise<number> {
  return Number((await text(id)).replaceAll(",", ""));
}

async function until(what: string, condition: () => Promise<boolean>, limitMs = STEP_LIMIT_MS): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      const shown = await page
        ?.locator("body")
        .textContent()
        .catch(() => "no page");
      assert.fail(`not within ${limitMs} ms: ${what}\n${shown}\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function isClean(): Promise<boolean> {
  const [missed, duplicated, reordered] = await Promise.all([count("missed"), count("duplicated"), count("reordered")]);
  return missed + duplicated + reordered === 0;
}

async function receives(more: number): Promise<void> {
  const from = await count("received");
  await until(`${more} more publications after ${from}`, async () => (await count("received")) >= from + more);
}

before(async () => {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing (install it: apt-get install chromium, or set CHROMIUM)`);
  demo = spawn(process.execPath, [RUN], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [demo.stdout, demo.stderr])
    stream?.on("data", (chunk) => {
      output += chunk;
    });
  await until(
    "the demo is up",
    async () => {
      assert.equal(demo.exitCode, null, `the demo ended: ${output}`);
      return output.includes("open http://");
    },
    START_LIMIT_MS,
  );
  browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  page = await browser.newPage({ viewport: { width: 1180, height: 900 }, colorScheme: "light" });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(PAGE_URL)) {
      faults.push(`request to ${request.url()}`);
    }
  });
  await page.goto(PAGE_URL);
});

after(async () => {
  await browser?.close();
  if (demo) await end(demo);
});

/** Ends the demo as Ctrl-C does. */
async function end(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGINT");
    await ended;
  }
  return child.exitCode;
}

test("the page shows live data", async () => {
  await until("connected", async () => (await text("state")) === "open");
  await receives(100);

  assert.ok(await isClean());
});

test("a chat message comes back to its author", async () => {
  await page.getByTestId("chat-text").fill("hello <b>there</b>");
  await page.getByTestId("chat-send").click();

  await until("the message", async () => (await text("chat-lines")).includes("hello <b>there</b>"));
  assert.equal(await page.getByTestId("chat-lines").locator("b", { hasText: "there" }).count(), 0);
});

test("the page goes on elsewhere, without a fault, whichever node is killed", async () => {
  const killed = new Set<string>();
  while (killed.size < 3) {
    const victim = await text("node");
    const reconnects = await count("reconnects");
    const row = page.getByTestId(`node-${victim}`);
    await row.getByRole("button", { name: `kill -9 ${victim}` }).click();
    killed.add(victim);

    await until(
      `another node than ${victim}`,
      async () => (await text("node")) !== victim && (await text("state")) === "open",
    );
    await receives(100);
    assert.ok((await count("reconnects")) > reconnects);
    assert.match(await text("resume-outcome"), /^resumed /);
    await until("all rooms went on", async () => /^\d+ ms$/.test(await text("rooms-time")));
    assert.ok(await isClean(), await textOf(page.locator("main")));

    await row.getByRole("button", { name: `start ${victim}` }).click();
    await until(`${victim} is ready again`, async () => (await textOf(row.locator(".badge"))) === "ready");
    await untilAllCopiesAreBack();
    // The next victim has to be one that was not killed yet.
    await moveAwayFrom(killed);
  }

  assert.ok(await isClean());
  assert.equal(await count("gaps"), 0);
  if (process.env.REJOIN_UPDATE_SCREENSHOT === "1") {
    await page.screenshot({ fullPage: true, path: fileURLToPath(new URL("../docs/images/demo.png", PACKAGE)) });
  }
  assert.deepEqual(faults, []);
});

test("a frozen node is left for another, and takes clients again once it is thawed", async () => {
  const victim = await text("node");
  const row = page.getByTestId(`node-${victim}`);
  await row.getByRole("button", { name: `freeze ${victim}` }).click();

  await until(
    `another node than ${victim}`,
    async () => (await text("node")) !== victim && (await text("state")) === "open",
  );
  await receives(100);
  assert.ok(await isClean(), await textOf(page.locator("main")));

  await row.getByRole("button", { name: `thaw ${victim}` }).click();
  await until(`${victim} is ready again`, async () => (await textOf(row.locator(".badge"))) === "ready");
  await untilAllCopiesAreBack();
  assert.ok(await isClean(), await textOf(page.locator("main")));
  assert.deepEqual(faults, []);
});

test("the buttons are for the demo's own page alone", async () => {
  const host = `127.0.0.1:${8000 + PORT_OFFSET}`;

  assert.equal(await press({ host }), 403);
  assert.equal(await press({ host, origin: "https://elsewhere.example" }), 403);
  assert.equal(await press({ host: "elsewhere.example", origin: `http://${host}` }), 403);
  // The page asks once in a while, so it may still show what was before.
  await until(
    "n1 lives on",
    async () => (await page.getByTestId("node-n1").locator(".badge").textContent()) === "ready",
  );
});

test("a second demo names every port that it cannot have", async () => {
  const second = spawn(process.execPath, [RUN], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  second.stderr.on("data", (chunk) => {
    complaint += chunk;
  });

  const [code] = await once(second, "close");

  assert.equal(code, 1);
  for (const port of [8000, 8081, 9093, 5702, 15703]) {
    assert.match(complaint, new RegExp(`^port ${port + PORT_OFFSET} is in use`, "m"));
  }
});

test("an interrupt ends the nodes and the page", async () => {
  assert.equal(await end(demo), 0, output);

  for (const port of PORTS) {
    assert.equal(await isOpen(port + PORT_OFFSET), false, `port ${port + PORT_OFFSET} is still open`);
  }
});

/** Presses the button that kills n1, as a page with these headers would; the status of the answer. */
async function press(headers: Record<string, string>): Promise<number | undefined> {
  const call = request(`${PAGE_URL}api/nodes/n1/kill`, { method: "POST", headers });
  call.end();
  const [answer] = (await once(call, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** How far to move the ports of the demo so that nobody listens on any of them. */
async function freeOffset(): Promise<number> {
  const first = process.pid % 100;
  for (let attempt = 0; attempt < 100; attempt++) {
    const offset = 200 + ((first + attempt) % 100) * 120;
    const taken = await Promise.all(PORTS.map((port) => isOpen(port + offset)));
    if (!taken.includes(true)) {
      return offset;
    }
  }
  return assert.fail("every offset up to 12,000 has a port that is in use");
}

/** Every node says that its cluster has all members and every partition its copies, and counts again itself. */
async function untilAllCopiesAreBack(): Promise<void> {
  for (const index of [1, 2, 3]) {
    const url = `http://127.0.0.1:${9090 + PORT_OFFSET + index}`;
    await until(`all copies are back, as n${index} sees it`, async () => {
      const metrics = await fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        (refused: Error) => refused.message,
      );
      return /^rejoin_cluster_members 3(\.0)?$/m.test(metrics) && /^rejoin_cluster_safe 1(\.0)?$/m.test(metrics);
    });
    await until(`n${index} is ready`, async () =>
      fetch(`${url}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
  }
}

/** The page is loaded anew until it lands on a node that was not killed yet. */
async function moveAwayFrom(killed: Set<string>): Promise<void> {
  while (killed.size < 3 && killed.has(await text("node"))) {
    assert.ok(await isClean());
    await page.reload();
    await until("connected", async () => (await text("state")) === "open");
    await receives(20);
  }
}
