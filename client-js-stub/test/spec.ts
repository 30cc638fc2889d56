import { test } from "node:test";

/** A test that shows what an item of docs/protocol.md demands of a client. */
export function spec(item: string, name: string, body: () => void | Promise<void>): void {
  test(`${item} ${name}`, body);
}
