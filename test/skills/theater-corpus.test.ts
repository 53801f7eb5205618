import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { THEATER_RULES } from "../../skills/theater-detection/rules.ts";
import { run } from "../../skills/theater-detection/run.ts";
import { skillContext } from "./skill-context.ts";

const CORPUS = fileURLToPath(new URL("../fixtures/theater", import.meta.url));
/** The files in which nothing is theatre, although it looks like it. */
const LOOK_ALIKES = /^clean(?:-tests)?\//;

describe("theater-detection on code with known theatre", () => {
  let found: readonly string[] = [];
  const expected = readFileSync(`${CORPUS}/expected.txt`, "utf8").trim().split("\n");

  beforeAll(async () => {
    const report = await run({ path: CORPUS }, skillContext());
    expect(report["not_analysed"]).toEqual([]);
    const findings = report["findings"] as { file: string; line: number; rule: string }[];
    found = findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
  });

  it("is right in at least 90 of 100 findings and sees at least 80 of 100 places", ({
    annotate,
  }) => {
    const wrong = found.filter((place) => !expected.includes(place));
    const missed = expected.filter((place) => !found.includes(place));
    const precision = (found.length - wrong.length) / found.length;
    const recall = (expected.length - missed.length) / expected.length;

    void annotate(
      `precision ${precision.toFixed(3)} (${wrong.length} wrong), recall ${recall.toFixed(3)} (${missed.length} of ${expected.length} missed)`,
    );
    expect(precision, wrong.join("\n")).toBeGreaterThanOrEqual(0.9);
    expect(recall, missed.join("\n")).toBeGreaterThanOrEqual(0.8);
  });

  it("passes over all that only looks like theatre", () => {
    expect(found.filter((place) => LOOK_ALIKES.test(place))).toEqual([]);
  });

  it.each(THEATER_RULES.map(({ id }) => id))("sees %s", (id) => {
    const cases = expected.filter((place) => place.endsWith(` ${id}`));

    expect(cases.length).toBeGreaterThanOrEqual(1);
    expect(found).toEqual(expect.arrayContaining(cases));
  });

  it.each([
    ["TypeScript", ".ts"],
    ["Python", ".py"],
    ["Go", ".go"],
    ["Java", ".java"],
    ["Rust", ".rs"],
  ])("knows at least ten kinds in %s", (_, ending) => {
    const kinds = new Set(
      found
        .filter((place) => place.split(":")[0]?.endsWith(ending))
        .map((place) => place.split(" ")[1]),
    );

    expect(kinds.size).toBeGreaterThanOrEqual(10);
  });
});
