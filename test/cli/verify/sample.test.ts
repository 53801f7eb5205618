import { describe, expect, it } from "vitest";
import { batchesOf, pickFindings } from "../../../interfaces/cli/verify/sample.ts";

const findingsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    file: `f${at % 50}.ts`,
    line: at + 1,
    rule: "r",
    severity: "low",
    message: "m",
    tool: "t",
  }));
/** A generator with a fixed seed (Lehmer). */
const seeded = (): ((bound: number) => number) => {
  let state = 12_345;
  return (bound) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % bound;
  };
};

describe("the findings that are executed again", () => {
  it.each([
    [0, 20, 0],
    [7, 20, 7],
    [20, 20, 20],
    [99, 20, 20],
    [101, 20, 21],
    [1_000, 20, 200],
    [1_000, 100, 1_000],
    [1_000, 1, 20],
  ])("of %i with a share of %i %% are %i, none twice, in their order", (count, share, wanted) => {
    const lines = pickFindings(findingsOf(count), share, seeded()).map(({ line }) => line);
    expect(lines).toHaveLength(wanted);
    expect(lines).toEqual([...new Set(lines)].sort((a, b) => a - b));
  });

  it("can be any of them, so nobody knows which to leave honest", () => {
    const random = seeded();
    const seen = new Set<number>();
    for (let round = 0; round < 60; round++) {
      for (const { line } of pickFindings(findingsOf(100), 20, random)) seen.add(line);
    }
    expect(seen.size).toBe(100);
  });

  it("are looked for in their files, each once, in small batches", () => {
    const batches = batchesOf(findingsOf(300));
    expect(batches.map(({ files }) => files.length)).toEqual([20, 20, 10]);
    expect(new Set(batches.flatMap(({ files }) => files)).size).toBe(50);
    expect(batchesOf([])).toEqual([]);
  });
});
