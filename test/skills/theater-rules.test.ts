import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { THEATER_RULES } from "../../skills/theater-detection/rules.ts";

it("docs/theater-rules.md shows every rule as it is", () => {
  expect(rulesIn("docs/theater-rules.md")).toEqual(
    THEATER_RULES.map(
      ({ id, looksAt, severity, message, fix }) =>
        `| \`${id}\` | ${looksAt} | ${severity} | ${message} | ${fix} |`,
    ),
  );
});

it("the skill's SKILL.md lists every rule with its severity", () => {
  expect(rulesIn("skills/theater-detection/SKILL.md")).toEqual(
    THEATER_RULES.map(({ id, looksAt, severity }) => `| \`${id}\` | ${looksAt} | ${severity} |`),
  );
});

it("there are at least fifteen rules, and no two have one name", () => {
  const names = THEATER_RULES.map(({ id }) => id);

  expect(names).toEqual([...new Set(names)]);
  expect(names.length).toBeGreaterThanOrEqual(15);
});

function rulesIn(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line.startsWith("| `theater/"));
}
