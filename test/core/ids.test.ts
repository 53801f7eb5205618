import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newRunId, parseRunId, runIdOfJob } from "../../core/ids.ts";
import { SHARD_COUNT, shardOf } from "../../core/shard.ts";
import { openSubjects } from "../../core/subjects.ts";

describe("ids", () => {
  it.each([
    "",
    "a.b",
    "a*",
    ">",
    "a b",
    "a\r\nPUB x",
    "é",
    "x".repeat(65),
  ])("refuses %j", (text) => {
    expect(() => parseRunId(text)).toThrow(expect.objectContaining({ code: "invalid-message" }));
  });

  it("gives a job the same run id at every delivery", () => {
    expect(runIdOfJob(7, 1_700_000_000_123)).toBe(runIdOfJob(7, 1_700_000_000_123));
    expect(runIdOfJob(7, 1_700_000_000_123)).not.toBe(runIdOfJob(8, 1_700_000_000_123));
  });

  it("spreads runs over all shards", () => {
    const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
    const shards = new Set(Array.from({ length: 500 }, () => shardOf(newRunId(1, random))));
    expect(shards.size).toBe(SHARD_COUNT);
  });
});

describe("subjects", () => {
  it("never lets a value become more than one token", () => {
    const subjects = openSubjects();
    fc.assert(
      fc.property(fc.string(), fc.string(), (run, stage) => {
        try {
          expect(subjects.event(run, stage, "task.succeeded").split(".")).toHaveLength(5);
        } catch (error) {
          expect((error as Error).message).toMatch(/^not a subject token/);
        }
      }),
    );
  });
});
