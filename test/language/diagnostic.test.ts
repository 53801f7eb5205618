import { describe, expect, it } from "vitest";
import { type Diagnostic, renderDiagnostic, toError } from "../../language/diagnostic.ts";

const diagnostic: Diagnostic = {
  severity: "error",
  code: "unknown-skill",
  message: 'no skill is called "lists"',
  location: { file: "c.yaml", line: 2, column: 10 },
  hint: 'did you mean "list"?',
};
const at = (line: number, column: number): Diagnostic => ({
  ...diagnostic,
  location: { file: "c.yaml", line, column },
});
const lines = (text: string): readonly string[] => text.split("\n");

describe("an error in a file is shown", () => {
  it("with its place, its line, a caret and what to do", () => {
    expect(lines(renderDiagnostic(diagnostic, "cascade: c\n  skill: lists\n"))).toEqual([
      'c.yaml:2:10  error unknown-skill  no skill is called "lists"',
      "  2 |   skill: lists",
      "    |          ^",
      '  did you mean "list"?',
    ]);
  });

  it("without a line when the place is not in the text", () => {
    expect(lines(renderDiagnostic(at(9, 1), "one line"))).toEqual([
      'c.yaml:9:1  error unknown-skill  no skill is called "lists"',
      '  did you mean "list"?',
    ]);
  });

  it("under a tab where the terminal puts it", () => {
    expect(lines(renderDiagnostic(at(1, 3), "\ta b"))[2]).toBe("    | \t ^");
  });

  it("as a part of a long line, with the caret in it", () => {
    const [, shown, caret] = lines(
      renderDiagnostic(at(1, 501), `${"x".repeat(500)}HERE${"y".repeat(500)}`),
    );
    expect(shown).toHaveLength("  1 | ".length + 100);
    expect(shown?.slice(caret?.indexOf("^"))).toMatch(/^HEREy/);
  });

  it("without anything that moves the cursor or turns the text round", () => {
    const hostile = { ...diagnostic, message: "a\u001b[2Jb\u202ec\u200bd" };
    expect(lines(renderDiagnostic(hostile, ""))[0]).toBe(
      "c.yaml:2:10  error unknown-skill  a\ufffd[2Jb\ufffdc\ufffdd",
    );
  });
});

describe("diagnostics as one error", () => {
  it("are the first, and how many more", () => {
    expect(toError([diagnostic, at(3, 1)])).toMatchObject({
      code: "unknown-skill",
      message: 'no skill is called "lists" (and 1 more)',
      hint: 'did you mean "list"?',
      location: { file: "c.yaml", line: 2, column: 10 },
    });
  });
});
