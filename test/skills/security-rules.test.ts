import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CODE_RULES } from "../../skills/security-scan/code-rules.ts";

const PAGE = new URL("../../docs/security-rules.md", import.meta.url);

it("docs/security-rules.md shows every rule as it is", () => {
  const rows = readFileSync(PAGE, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `security/"));

  expect(rows).toEqual(
    CODE_RULES.map(
      ({ id, cwe, severity, message, fix }) =>
        `| \`${id}\` | ${cwe} | ${severity} | ${message} | ${fix} |`,
    ),
  );
});

it("no two rules have one name", () => {
  const names = CODE_RULES.map(({ id }) => id);

  expect(names).toEqual([...new Set(names)]);
});
