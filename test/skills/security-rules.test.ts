import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CODE_RULES } from "../../skills/security-scan/code-rules.ts";

it("docs/security-rules.md shows every rule as it is", () => {
  expect(rulesIn("docs/security-rules.md")).toEqual(
    CODE_RULES.map(
      ({ id, cwe, severity, message, fix }) =>
        `| \`${id}\` | ${cwe} | ${severity} | ${message} | ${fix} |`,
    ),
  );
});

it("the skill's SKILL.md lists every rule with its weakness and severity", () => {
  expect(rulesIn("skills/security-scan/SKILL.md")).toEqual([
    ...CODE_RULES.map(({ id, cwe, severity }) => `| \`${id}\` | ${cwe} | ${severity} |`),
    "| `security/secret-<kind>` | CWE-798, CWE-321 | critical, high |",
    "| `security/vulnerable-dependency` | as the advisory says | as the advisory says |",
  ]);
});

it("no two rules have one name", () => {
  const names = CODE_RULES.map(({ id }) => id);

  expect(names).toEqual([...new Set(names)]);
});

function rulesIn(page: string): string[] {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  return text.split("\n").filter((line) => line.startsWith("| `security/"));
}
