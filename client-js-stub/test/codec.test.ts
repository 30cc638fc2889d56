import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encodePublish, pack, utf8Length } from "../src/codec.js";
import type { RejoinError } from "../src/errors.js";
import { spec } from "./spec.js";

const broken = (found: RegExp) => (error: RejoinError) => error.code === "broken-stream" && found.test(error.message);

spec("CC-14", "decode leaves out frames of unknown types and keeps the others", () => {
  const frames = decode('[{"type":"ping","time":1},{"type":"dance"},{"type":"pong","time":2}]');

  assert.deepEqual(frames, [
    { type: "ping", time: 1 },
    { type: "pong", time: 2 },
  ]);
});

spec("CC-14", "decode accepts unknown members and any order of members", () => {
  const [frame] = decode('{"later":[1],"time":5,"type":"ping"}');

  assert.equal(frame?.type, "ping");
});

test("decode does not take a member of Object for a type", () => {
  assert.deepEqual(decode('{"type":"constructor"}'), []);
});

test("decode refuses what is not JSON", () => {
  assert.throws(() => decode("{"), broken(/not JSON: \{/));
});

test("decode refuses a frame without a type", () => {
  assert.throws(() => decode("7"), broken(/without a type/));
  assert.throws(() => decode('[{"time":1}]'), broken(/without a type/));
});

test("decode names the member that is missing or wrong", () => {
  const ping = '{"type":"ping"}';
  const ack = '{"type":"ack","room":"a","number":1.5}';
  const joined = '{"type":"joined","room":"a","position":{"epoch":"e"},"outcome":"live"}';
  const publication = '{"type":"publication","room":"a","time":1,"offset":"1","data":1}';

  assert.throws(() => decode(ping), broken(/ping\.time=nothing/));
  assert.throws(() => decode(ack), broken(/ack\.number=1\.5/));
  assert.throws(() => decode(joined), broken(/joined\.position=\{"epoch":"e"\}/));
  assert.throws(() => decode(publication), broken(/publication\.offset="1"/));
});

test("encodePublish keeps the data's bytes", () => {
  const frame = encodePublish({ ref: 1, room: 'a"b', number: 2, first: 2 }, '{"p":1.50}');

  assert.equal(frame, '{"type":"publish","ref":1,"room":"a\\"b","number":2,"first":2,"data":{"p":1.50}}');
});

test("pack sends one frame as an object and several as an array", () => {
  assert.deepEqual(pack([], 100), []);
  assert.deepEqual(pack(['{"a":1}'], 100), ['{"a":1}']);
  assert.deepEqual(pack(['{"a":1}', '{"b":2}'], 100), ['[{"a":1},{"b":2}]']);
});

spec("CC-13", "pack fills messages up to the limit and not beyond", () => {
  const frames = ["aaaa", "bbbb", "cccc", "dddd"];

  // [aaaa,bbbb] takes 11 bytes; the bound counts one comma more.
  assert.deepEqual(pack(frames, 12), ["[aaaa,bbbb]", "[cccc,dddd]"]);
  assert.deepEqual(pack(frames, 11), frames);
  assert.deepEqual(pack(["éééé", "bbbb"], 12), ["éééé", "bbbb"]);
});

test("utf8Length counts bytes as an encoder does", () => {
  for (const value of ["", "abc", "é", "東京", "🚀", "a🚀é東"]) {
    assert.equal(utf8Length(value), new TextEncoder().encode(value).length, JSON.stringify(value));
  }
});
