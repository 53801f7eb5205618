import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunId } from "../../core/ids.ts";
import { LIMITS } from "../../core/limits.ts";
import type { MemorySpace } from "../../core/memory.ts";
import { bucketKey, readBucketKey } from "../../store/memory-key.ts";

const spaces: readonly MemorySpace[] = [
  { kind: "global" },
  { kind: "run", run: "r1" as RunId },
  { kind: "cascade", cascade: "refine", name: "style" },
];
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((key) => !/[\p{Cc}\p{Cs}]/u.test(key))
  .filter((key) => Buffer.byteLength(key) <= LIMITS.memoryKeyBytes)
  .filter((key) => !["__proto__", "constructor", "prototype"].includes(key));

describe("a key of the memory in its bucket", () => {
  it("is one token of what NATS allows, and reads as what it was, whatever the text", () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...spaces), (key, space) => {
        const name = bucketKey(space, key);
        expect(name).toMatch(/^[\w=-]+(\.[\w=-]+)+$/);
        expect(readBucketKey(name)).toEqual({ space, key });
      }),
    );
  });

  it.each(["", "a\n", "\ud800", "__proto__", "x".repeat(129)])("cannot be %j", (key) => {
    expect(() => bucketKey({ kind: "global" }, key)).toThrow();
  });

  it.each([
    "global",
    "global.a.b",
    "run.r1",
    "run.r=2e1.a",
    "cascade.c.a",
    "other.a",
    "global.=2",
    "global.=ff",
  ])("is none that we write: %s", (name) => {
    expect(readBucketKey(name)).toBeUndefined();
  });
});
