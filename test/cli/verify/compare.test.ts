import { describe, expect, it } from "vitest";
import { compareFindings } from "../../../interfaces/cli/verify/compare.ts";
import type { FileState } from "../../../interfaces/cli/verify/file-state.ts";
import {
  holds,
  verificationJson,
  verificationLines,
} from "../../../interfaces/cli/verify/verification.ts";

const finding = {
  file: "a.ts",
  line: 3,
  column: 5,
  rule: "eslint/no-debugger",
  severity: "high",
  message: "`debugger` is not allowed",
  tool: "oxlint",
  tool_version: "1.80.0",
};
const output = {
  tool: { name: "oxlint", version: "1.80.0" },
  findings: [{ ...finding, agent: "agent-7", help: "remove it" }],
  not_analysed: [{ file: "b.ts", reason: "syntax error: ;", tool: "oxlint" }],
};
const compare = (claimed: object, state: FileState = "unchanged", outputs = [output]) => {
  const [verdict] = compareFindings(
    [{ ...finding, ...claimed }],
    outputs,
    new Map([
      ["a.ts", state],
      ["b.ts", state],
    ]),
  );
  return [verdict?.status, verdict?.reason];
};

describe("a finding that is executed again", () => {
  it("is confirmed by whichever agent and version of the tool finds it", () => {
    expect(compare({})).toEqual(["confirmed", undefined]);
    expect(compare({ tool_version: "1.79.0" })).toEqual(["confirmed", undefined]);
    expect(compare({}, "changed")).toEqual(["confirmed", undefined]);
  });

  it.each([
    { line: 4 },
    { column: 6 },
    { column: null },
    { rule: "eslint/no-alert" },
    { severity: "low" },
    { message: "fine" },
  ])("is not reproduced when anything of it is made up: %j", (claimed) => {
    expect(compare(claimed)).toEqual([
      "not-reproduced",
      expect.stringMatching(/^oxlint \(1\.80\.0\) does not find this at line/),
    ]);
  });

  it.each([
    [{ tool: "trust-me" }, "unchanged", "not-reproduced", "no tool called trust-me was executed"],
    [
      { file: "b.ts" },
      "unchanged",
      "not-reproduced",
      "oxlint leaves the file out: syntax error: ;",
    ],
    [
      { line: 9, tool_version: "1.79.0" },
      "unchanged",
      "not-reproduced",
      "oxlint (1.80.0, the report's 1.79.0) does not find this at line 9",
    ],
    [{ line: 9 }, "outside", "not-reproduced", "outside the analysed directory"],
    [{ line: 9 }, "changed", "changed", "changed since the report"],
    [{ line: 9 }, "gone", "changed", "does not exist any more"],
  ] as const)("%j of a file that is %s is %s: %s", (claimed, state, status, reason) => {
    expect(compare(claimed, state)).toEqual([status, reason]);
  });

  it("is not reproduced by nothing at all", () => {
    expect(compare({}, "unchanged", [])).toEqual([
      "not-reproduced",
      "no tool called oxlint was executed",
    ]);
  });
});

describe("a verification", () => {
  const about = { run: "r1", total: 3, agents: ["agent-1"] };
  const confirmed = { finding, status: "confirmed" } as const;
  const changed = { finding, status: "changed", reason: "changed since the report" } as const;
  const wrong = {
    finding: { ...finding, message: "\u001b[2J" },
    status: "not-reproduced",
    reason: "no",
  } as const;

  it.each([
    [[confirmed], true],
    [[confirmed, changed], true],
    [[confirmed, wrong], false],
    [[changed], false],
  ])("of %j holds: %s", (verdicts, expected) => {
    expect(holds({ ...about, verdicts })).toBe(expected);
  });

  it("of a report without findings holds, for it claims nothing", () => {
    const empty = { ...about, total: 0, verdicts: [] };
    expect(holds(empty)).toBe(true);
    expect(verificationLines(empty)).toEqual([
      "r1: the report has no findings, so there is nothing to verify",
    ]);
  });

  it("is a table for people", () => {
    expect(verificationLines({ ...about, verdicts: [confirmed, changed, wrong] })).toEqual([
      "r1: 3 of 3 findings executed again, in 1 file, by agent-1",
      "  confirmed       1",
      "  file changed    1",
      "  not reproduced  1",
      "    high     a.ts:3  eslint/no-debugger: \\x1b[2J",
      "             no",
      "The report does not hold.",
    ]);
  });

  it("is a document for programs", () => {
    const { file, line, rule, severity, message, tool } = finding;
    expect(verificationJson({ ...about, verdicts: [confirmed, changed] })).toEqual({
      schemaVersion: 1,
      run: "r1",
      holds: true,
      findings: 3,
      executed: 2,
      confirmed: 1,
      changed: [{ file, line, rule, severity, message, tool, reason: "changed since the report" }],
      notReproduced: [],
      agents: ["agent-1"],
    });
  });
});
