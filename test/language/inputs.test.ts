import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import type { InputSpec } from "../../core/plan.ts";
import { inputFromText, resolveInputs } from "../../language/inputs.ts";

const specs: readonly InputSpec[] = [
  { name: "path", type: "path", required: false, default: "." },
  { name: "count", type: "integer", required: true },
  { name: "extra", type: "any", required: false },
];

describe("inputs of a run", () => {
  it("get their defaults, and relative paths mean the job's directory", () => {
    expect(resolveInputs(specs, { count: 2 }, "/home/ann")).toEqual({
      path: "/home/ann",
      count: 2,
    });
    expect(resolveInputs(specs, { count: 2, path: "a b" }, "/home/ann")).toMatchObject({
      path: "/home/ann/a b",
    });
    expect(resolveInputs(specs, { count: 2, path: "/etc" }, "/home/ann")).toMatchObject({
      path: "/etc",
    });
  });

  it.each([
    [{}, "missing-input", "/inputs/count"],
    [{ count: "2" }, "invalid-input", "/inputs/count"],
    [{ count: 1.5 }, "invalid-input", "/inputs/count"],
    [{ count: 2 ** 60 }, "invalid-input", "/inputs/count"],
    [{ count: 1, path: "" }, "invalid-input", "/inputs/path"],
    [{ count: 1, path: "a\0b" }, "invalid-input", "/inputs/path"],
    [{ count: 1, cuont: 2 }, "unknown-input", "/inputs/cuont"],
    [{ count: 1, extra: { deep: [{ $blob: 1 }] } }, "invalid-input", "/inputs/extra"],
    [JSON.parse('{"count":1,"extra":{"__proto__":1}}'), "invalid-input", "/inputs/extra"],
  ])("%j are refused: %s at %s", (given, code, pointer) => {
    expect(() => resolveInputs(specs, given, "/")).toThrow(
      expect.objectContaining({ code, location: { pointer } }),
    );
  });

  it("that are nested to exhaust a stack are refused", () => {
    const extra = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as Json;
    expect(() => resolveInputs(specs, { count: 1, extra }, "/")).toThrow(
      expect.objectContaining({ code: "invalid-input", location: { pointer: "/inputs/extra" } }),
    );
  });

  it.each([
    ["integer", "3", 3],
    ["boolean", "true", true],
    ["array", "[1]", [1]],
    ["any", "plain", "plain"],
    ["string", "3", "3"],
    ["path", "[x]", "[x]"],
  ] as const)("given as text are read as %s: %s", (type, text, expected) => {
    expect(inputFromText({ name: "x", type, required: true }, text)).toEqual(expected);
  });

  it("given as text that does not fit are refused", () => {
    expect(() => inputFromText({ name: "x", type: "integer", required: true }, "ten")).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
  });
});
