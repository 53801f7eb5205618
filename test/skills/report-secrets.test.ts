import { parse } from "parse5";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../skills/finding.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import {
  isAboutSecret,
  maskKeys,
  maskValues,
} from "../../skills/merge-quality-reports/secret-mask.ts";
import { elementsOf, textOf } from "./html-tree.ts";
import { discovery, found, lintReport } from "./report-inputs.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const KEY = ["sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_");
const MASK = "••••••";

async function reported(code: string, findings: readonly Finding[]) {
  await using tree = await makeTree({ "a.js": code });
  const context = skillContext();
  const inputs = {
    discovery: discovery(["a.js"], { root: tree.root }),
    reports: [lintReport("agent-1", findings)],
  };
  await run(inputs, context);
  const page = context.artifacts.get("report.html") ?? "";
  const frames = elementsOf(parse(page))
    .filter(({ tagName }) => tagName === "pre")
    .map(textOf);
  const { findings: marked } = JSON.parse(context.artifacts.get("report.json") ?? "null");
  return { all: [...context.artifacts.values()].join("\n"), frames, marked };
}

describe("secrets in code frames", () => {
  it.each([
    ["a key", `call("${KEY}")`, `call("sk_${MASK}")`],
    [
      "a password in an address",
      "url = postgres://me:hunter2@host/db",
      `url = postgres://me:${MASK}@host/db`,
    ],
    ["a key at the end of what is looked at", `${" ".repeat(990)}${KEY}`, " ".repeat(990)],
    [
      "no secret",
      "const theLongestNameOfAllFunctionsHere = 12;",
      "const theLongestNameOfAllFunctionsHere = 12;",
    ],
  ])("are masked in any line: %s", (_, line, expected) => {
    expect(maskKeys(line)).toBe(expected);
  });

  it.each([
    ["a literal", `const password = "pw" + 'a\\'b';`, `const password = "${MASK}" + '${MASK}';`],
    ["an assignment", "PASSWORD=hunter2 and more", `PASSWORD= ${MASK}`],
    ["a header", "Authorization: Bearer abc", `Authorization: ${MASK}`],
  ])("are masked whole where a tool found one: %s", (_, line, expected) => {
    expect(maskValues(line)).toBe(expected);
  });

  it("take little time, whatever a line holds", () => {
    for (const part of ['"', "\\", "a1", "://", "=", "'`", '"\\']) {
      expect(maskValues(part.repeat(500_000))).not.toBe("");
    }
  });

  it.each([
    [{ rule: "security/anything", cwe: "CWE-798" }, true],
    [{ rule: "secret/aws-key" }, true],
    [{ rule: "eslint/no-eval", cwe: "CWE-95" }, false],
  ])("are told by weakness or rule: %o", (given, expected) => {
    expect(isAboutSecret(given)).toBe(expected);
  });

  it("stay hidden in every file of the report, also where another tool found something beside them", async () => {
    const findings = [
      found({ rule: "security/hard-coded-password", cwe: "CWE-798" }),
      found({ line: 3, rule: "eslint/no-unused-vars", severity: "low" }),
    ];
    const code = `const password = "hunter2!";\nconst key = "${KEY}";\nconst name = "plain";\n`;
    const { all, frames } = await reported(code, findings);
    expect(all).not.toMatch(/hunter2|4eC39HqLyjWDarjtT1zdp7dc/);
    expect(frames[1]).toContain('const name = "plain";');
  });

  it("do not enter the fingerprint, which could be tried against a list of passwords", async () => {
    const finding = found({ rule: "security/hard-coded-password", cwe: "CWE-798" });
    const one = await reported(`const password = "hunter2!";\n`, [finding]);
    const other = await reported(`const   password = "letmein";\n`, [finding]);
    expect(one.marked[0].fingerprint).toBe(other.marked[0].fingerprint);
  });
});
