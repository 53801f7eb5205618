import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SEVERITIES } from "../../skills/finding.ts";
import type { PartName } from "../../skills/merge-quality-reports/report-schema.ts";
import { type Scored, scoreOf } from "../../skills/merge-quality-reports/score.ts";

const PARTS = ["correctness", "security", "complexity"] as const satisfies readonly PartName[];

const clone = fc.record({
  tokens: fc.nat(500),
  lines: fc.nat(200),
  places: fc.array(fc.record({ file: fc.string(), startLine: fc.nat(), endLine: fc.nat() })),
});
const oneFinding = fc.record({
  severity: fc.constantFrom(...SEVERITIES),
  part: fc.constantFrom(...PARTS),
});
const scored: fc.Arbitrary<Scored> = fc.record({
  lines: fc.nat(500_000),
  run: fc.constant(new Set<PartName>(["correctness"])),
  findings: fc.array(oneFinding),
  clones: fc.array(clone),
  cycles: fc.nat(50),
});

const EMPTY: Scored = {
  lines: 2_000,
  run: new Set<PartName>(["correctness", "complexity"]),
  findings: [],
  clones: [],
  cycles: 0,
};
const value = (given: Scored): number => scoreOf(given).value ?? Number.NaN;
const times = <Item>(number: number, item: Item): Item[] =>
  Array.from({ length: number }, () => item);

describe("score", () => {
  it("never rises with one more finding, clone or cycle", () => {
    fc.assert(
      fc.property(scored, oneFinding, clone, (given, finding, group) => {
        const before = value(given);
        expect(value({ ...given, findings: [...given.findings, finding] })).toBeLessThanOrEqual(
          before,
        );
        expect(value({ ...given, clones: [...given.clones, group] })).toBeLessThanOrEqual(before);
        expect(value({ ...given, cycles: given.cycles + 1 })).toBeLessThanOrEqual(before);
      }),
    );
  });

  it("never rises when a finding gets worse", () => {
    fc.assert(
      fc.property(scored, oneFinding, (given, finding) => {
        const values = SEVERITIES.map((severity) =>
          value({ ...given, findings: [...given.findings, { ...finding, severity }] }),
        );
        expect(values).toEqual(values.toSorted((a, b) => a - b));
      }),
    );
  });

  it("stays from 0 to 100 and loses in parts what is missing without a cap", () => {
    fc.assert(
      fc.property(scored, (given) => {
        const { value: got, parts, cap } = scoreOf(given);
        expect(got).toBeGreaterThanOrEqual(0);
        expect(got).toBeLessThanOrEqual(100);
        const lost = parts.reduce((sum, part) => sum + part.lost, 0);
        if (cap === undefined) expect(Math.abs(100 - lost - (got ?? 0))).toBeLessThan(0.2);
      }),
    );
  });

  it("is the same for twice the code with twice the findings", () => {
    const finding = { severity: "medium", part: "correctness" } as const;
    const once = { ...EMPTY, lines: 10_000, findings: times(7, finding) };
    const twice = { ...EMPTY, lines: 20_000, findings: times(14, finding) };
    expect(value(twice)).toBe(value(once));
  });

  it.each([
    ["no finding", {}, 100, "A"],
    [
      "ten low in 2,000 lines",
      { findings: times(10, { severity: "low", part: "correctness" } as const) },
      88.8,
      "B",
    ],
    [
      "a high one in 100,000 lines",
      { lines: 100_000, findings: [{ severity: "high", part: "complexity" }] },
      89,
      "B",
    ],
    [
      "a critical one in 100,000 lines",
      { lines: 100_000, findings: [{ severity: "critical", part: "security" }] },
      69,
      "D",
    ],
    [
      "a medium one in 20 lines, which count as 1,000",
      { lines: 20, findings: [{ severity: "medium", part: "complexity" }] },
      93,
      "A",
    ],
    [
      "200 repeated lines in 2,000, some of them in two clones, and a test",
      {
        clones: [
          {
            tokens: 900,
            lines: 100,
            places: ["a", "b", "c", "test/d.js"].map((file) => ({
              file,
              startLine: 1,
              endLine: 100,
            })),
          },
          {
            tokens: 90,
            lines: 10,
            places: ["a", "c"].map((file) => ({ file, startLine: 41, endLine: 50 })),
          },
        ],
      },
      80,
      "B",
    ],
    ["eight cycles in 1,000 lines", { lines: 1_000, cycles: 8 }, 62.5, "D"],
  ] as const satisfies readonly (readonly [
    string,
    Partial<Scored>,
    number,
    string,
  ])[])("gives the published number for %s", (_, given, expected, grade) => {
    expect(scoreOf({ ...EMPTY, ...given })).toMatchObject({
      value: expected,
      grade,
      formula: "1.0",
    });
  });

  it("says which parts it rests on, and gives no number for nothing", () => {
    expect(
      scoreOf({ ...EMPTY, findings: [{ severity: "high", part: "complexity" }] }).parts,
    ).toEqual([
      { part: "correctness", status: "run", penalty: 0, lost: 0 },
      { part: "security", status: "not-run", penalty: 0, lost: 0 },
      { part: "complexity", status: "run", penalty: 10, lost: 11.11 },
      { part: "duplication", status: "not-run", penalty: 0, lost: 0 },
      { part: "cycles", status: "not-run", penalty: 0, lost: 0 },
    ]);
    expect(scoreOf({ ...EMPTY, run: new Set() })).toMatchObject({
      value: null,
      grade: null,
      reason: "nothing was analysed",
    });
    expect(scoreOf({ ...EMPTY, lines: null })).toMatchObject({
      value: null,
      reason: "no file was measured",
    });
  });
});
