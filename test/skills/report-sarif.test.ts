import schema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import AjvDraft04 from "ajv-draft-04";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { complexityReport, discovery, found, lintReport, metrics } from "./report-inputs.ts";
import { skillContext } from "./skill-context.ts";

async function sarifOf(findings: readonly ReturnType<typeof found>[]) {
  const context = skillContext();
  const inputs = {
    discovery: discovery(["a.js"], { not_analysed: [{ file: "b.js", reason: "minified" }] }),
    reports: [lintReport("agent-1", findings), complexityReport("agent-2", [metrics("a.js")])],
  };
  await run(inputs, context);
  return JSON.parse(context.artifacts.get("report.sarif") ?? "null");
}

describe("report.sarif", () => {
  it.each([
    ["no finding", []],
    ["plain findings", [found(), found({ line: 3, column: 7, help: "use JSON.parse" })]],
    [
      "a weakness",
      [found({ rule: "security/eval", cwe: "CWE-95", fix: "Parse it.", severity: "critical" })],
    ],
    [
      "hostile texts",
      [
        found({
          file: "a b/%?#<x>\n\u202e\ud800.js",
          rule: 'r\u0000"',
          message: "{0} [x](1) \ud800",
          cwe: "x",
        }),
      ],
    ],
    ["an empty message", [found({ message: "", help: "" })]],
  ])("follows the schema of SARIF 2.1.0 with %s", async (_, findings) => {
    const ajv = new AjvDraft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats.default(ajv);
    const validate = ajv.compile(schema);
    validate(await sarifOf(findings));
    expect(validate.errors).toBeNull();
    validate({ version: "2.1.0" });
    expect(validate.errors).not.toBeNull();
  });

  it("says so where a finding has no message", async () => {
    const { runs } = await sarifOf([found({ message: "" })]);
    expect(runs[0].results[0].message).toEqual({ text: "no message" });
  });

  it("lists each rule once and marks security findings as code scanning reads them", async () => {
    const { runs } = await sarifOf([
      found({ line: 2 }),
      found({ line: 4 }),
      found({
        line: 5,
        rule: "security/shell",
        cwe: "CWE-78",
        severity: "critical",
        fix: "Pass a list.",
      }),
    ]);
    expect(runs[0].tool.driver.rules).toEqual([
      {
        id: "eslint/no-eval",
        shortDescription: { text: "eslint/no-eval" },
        defaultConfiguration: { level: "error" },
        properties: { tags: ["quality"] },
      },
      {
        id: "security/shell",
        shortDescription: { text: "security/shell" },
        defaultConfiguration: { level: "error" },
        properties: { tags: ["security", "external/cwe/cwe-78"], "security-severity": "9.5" },
      },
    ]);
    expect(runs[0].results[0]).toMatchObject({
      ruleId: "security/shell",
      ruleIndex: 1,
      level: "error",
      message: { text: "eval is harmful. Fix: Pass a list." },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "a.js", uriBaseId: "%SRCROOT%" },
            region: { startLine: 5 },
          },
        },
      ],
      partialFingerprints: { primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{16}:1$/) },
    });
  });
});
