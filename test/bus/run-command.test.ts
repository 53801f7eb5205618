import { expect, it } from "vitest";
import { decodeMessage, job, runCommand } from "../../bus/messages.ts";

const text = (message: unknown): Uint8Array => Buffer.from(JSON.stringify(message));
const pause = { v: 1, command: "pause", run: "r1", by: "ann", reason: "" };

it.each([
  ["no JSON", Buffer.from("hello"), undefined],
  ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), undefined],
  ["a list", text([]), "/"],
  ["an unknown command", text({ ...pause, command: "stop" }), "/command"],
  ["another version", text({ ...pause, v: 2 }), "/v"],
  ["a run that is a path", text({ ...pause, run: "a/../../x" }), "/run"],
  ["a run that is a wildcard", text({ ...pause, run: ">" }), "/run"],
  ["a run with a line break", text({ ...pause, run: "r1\r\nPUB x 0" }), "/run"],
  ["a field too many", text({ ...pause, force: true }), "/"],
  ["nobody", text({ ...pause, by: "" }), "/by"],
  ["a reason without end", text({ ...pause, reason: "x".repeat(1_001) }), "/reason"],
  [
    "a signal with a name that is a subject",
    text({ ...pause, command: "signal", reason: undefined, name: "a.b", id: "1" }),
    "/name",
  ],
  [
    "a hash that is none",
    text({
      v: 1,
      command: "approve",
      run: "r1",
      stage: "a",
      approved: true,
      by: "ann",
      content: "x",
    }),
    "/content",
  ],
  [
    "a key that reaches a prototype",
    Buffer.from('{"v":1,"command":"pause","run":"r1","by":"a","reason":"","__proto__":{}}'),
    undefined,
  ],
])("a request to a run that is %s is refused at its place", (_, bytes, pointer) => {
  const refused = {
    code: "invalid-message",
    ...(pointer === undefined ? {} : { location: { pointer } }),
  };
  expect(() => decodeMessage(runCommand, bytes)).toThrow(expect.objectContaining(refused));
});

it.each([
  ["a number", Buffer.from("7"), "/"],
  ["a key of ten kilobytes", text({ cascade: "a", key: "x".repeat(10_240) }), "/key"],
  [
    "a rerun of a run that is a subject",
    text({ cascade: "a", rerun: { run: "r.*" } }),
    "/rerun/run",
  ],
  ["a forged attempt", text({ cascade: "a", attempt: 7 }), "/"],
  ["a relative directory", text({ cascade: "a", directory: "x" }), "/directory"],
])("a job that is or has %s is refused at its place", (_, bytes, pointer) => {
  expect(() => decodeMessage(job, bytes, "invalid-job")).toThrow(
    expect.objectContaining({ code: "invalid-job", location: { pointer } }),
  );
});
