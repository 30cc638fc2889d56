import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = new URL("../../", import.meta.url);

/** What the snippets take for granted. */
const PRELUDE = `
import { RejoinClient } from "@rejoin/client";
declare function fetchToken(): Promise<string>;
declare function draw(offset: number, price: number): void;
declare const urls: string[];
`;

test("snippets of the README compile against the built package", () => {
  const readme = readFileSync(new URL("README.md", root), "utf8");
  const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => PRELUDE + code);
  assert.ok(snippets.length >= 2, `${snippets.length} snippets`);

  for (const snippet of snippets) {
    assert.deepEqual(faults(snippet), [], snippet);
  }
});

/** What the compiler says to a file of the package, which may import the package by its name. */
function faults(code: string): string[] {
  const file = fileURLToPath(new URL("snippet.ts", root));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: ["node", "ws"],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, language, ...rest) =>
    name === file ? ts.createSourceFile(name, code, language) : getSourceFile(name, language, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
