import { expect, it } from "vitest";
import { cluesOf } from "../../../../agents/fixers/mutation/clues.ts";
import { failure } from "./repair-request.ts";

/** Messages as the runners write them. */
const MESSAGES: readonly (readonly [runner: string, message: string, clues: readonly string[]])[] =
  [
    ["node:test", "Expected values to be strictly equal:\n\n3 !== 4\n", ["off-by-one"]],
    ["node:test", "Expected values to be strictly equal:\n\ntrue !== false\n", ["opposite-truth"]],
    [
      "node:test",
      "Expected values to be strictly equal:\n+ actual - expected\n\n+ 'ab'\n- 'Ab'\n",
      ["other-case"],
    ],
    ["vitest", "expected -3 to be 3 // Object.is equality", ["opposite-sign"]],
    ["vitest", "expected [ 1, 2 ] to deeply equal [ 2, 1 ]", ["reversed-list"]],
    ["vitest", "expected [ 1 ] to deeply equal [ 1, 2 ]", ["other-length"]],
    ["vitest", "expected 'a b' to be 'ab' // Object.is equality", ["other-space"]],
    ["vitest", "expected undefined to be 3", ["undefined-value"]],
    ["vitest", "expected NaN to be +0", []],
    ["vitest", "expected NaN to be 0", ["not-a-number"]],
    ["vitest", "expected Promise {} to be 3", ["promise"]],
    ["jest", "expect(received).toBe(expected)\n\nExpected: 12\nReceived: 7\n", ["other-number"]],
    ["pytest", "assert 3 == 4\n +  where 3 = f(1)", ["off-by-one"]],
    [
      "pytest",
      "AttributeError: 'NoneType' object has no attribute 'x'",
      ["missing-object", "unknown-name"],
    ],
    ["pytest", "ZeroDivisionError: division by zero", ["infinite-number"]],
    ["pytest", "IndexError: list index out of range", ["off-by-one", "thrown"]],
    ["any", "RangeError: Maximum call stack size exceeded", ["endless", "thrown"]],
    ["any", "it says nothing", []],
  ];

it.each(MESSAGES)("reads what %s says: %j", (_runner, message, clues) => {
  expect([...cluesOf([failure(message)]).clues].sort()).toEqual([...clues].sort());
});

it("knows which literal is wrong when both values are plain", () => {
  const messages = ["expected 'on' to be 'no'", "3 !== 5", "expected undefined to be 3"];
  expect(cluesOf(messages.map((message) => failure(message))).wrongLiterals).toEqual([
    { actual: "on", expected: "no" },
    { actual: 3, expected: 5 },
  ]);
});

it("reads a hostile message in no time", () => {
  const startMs = performance.now();
  cluesOf([failure(`expected ${"'\\".repeat(200_000)}`), failure(`${"[".repeat(400_000)} !== `)]);
  cluesOf([failure(`${" \n".repeat(100_000)}3`), failure("1".repeat(300_000))]);
  expect(performance.now() - startMs).toBeLessThan(2_000);
});
