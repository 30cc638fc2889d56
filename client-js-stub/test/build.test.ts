import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { VERSION } from "../src/version.js";

// Compiled tests lie two folders below the package.
const root = new URL("../../", import.meta.url);

test("bundle for browsers is small", (t) => {
  const bytes = gzipSync(readFileSync(new URL("dist/rejoin.min.js", root)), { level: 9 }).length;

  t.diagnostic(`dist/rejoin.min.js: ${bytes} bytes with gzip`);
  console.log(`dist/rejoin.min.js: ${(bytes / 1024).toFixed(1)} KiB with gzip`);
  assert.ok(bytes < 16 * 1024, `${bytes} bytes (expected: below 16 KiB)`);
});

test("package serves the same names to import, require and the browser", async () => {
  const module = await import(new URL("dist/index.js", root).href);
  const bundle = await import(new URL("dist/rejoin.min.js", root).href);
  const common = createRequire(root)("./dist/index.cjs");

  const names = Object.keys(module).sort();
  assert.deepEqual(names, ["CLOSE_CODES", "ERROR_CODES", "MOVES", "RejoinClient", "RejoinError"]);
  assert.deepEqual(Object.keys(bundle).sort(), names);
  assert.deepEqual(Object.keys(common).sort(), names);
});

test("version told to the broker is that of the package", () => {
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };

  assert.equal(VERSION, version);
});

test("API report is up to date", async () => {
  const { apiReport, committedReport } = await import(new URL("api-report.mjs", root).href);

  assert.equal(committedReport(), apiReport(), "run `npm run api` and review the change");
});
