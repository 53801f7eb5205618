import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode, toErrorRecord } from "../../core/errors.ts";
import { refuseOver } from "../../core/limits.ts";
import { parseCommandLine } from "../../interfaces/cli/command-line.ts";
import {
  EXPLANATIONS,
  type ExplainedCode,
  MEANINGS,
} from "../../interfaces/cli/explain/explanation.ts";
import { openInstalled } from "../../interfaces/cli/installed.ts";
import { compileCascade } from "../../language/compile.ts";
import { renderDiagnostic } from "../../language/diagnostic.ts";
import { resolveInputs } from "../../language/inputs.ts";
import { endOfCommand, STARTS_MS } from "../support/command.ts";
import { makePlace } from "../support/place.ts";

await using project = await makePlace({
  "skills/shout/skill.yaml": "description: Makes a text loud.\nrun: [node, run.mjs]\n",
});
const { skills } = await openInstalled({ directory: project.root, env: {} });

/** The first line of what is shown about a cascade. */
function shownOf(text: string): string {
  const compiled = compileCascade({ text, file: "c.yaml" }, skills);
  const [first] = compiled.ok ? compiled.warnings : compiled.diagnostics;
  if (first === undefined) throw new Error("nothing is wrong with it");
  return renderDiagnostic(first, text).split("\n")[0] ?? "";
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    const { code, message } = toErrorRecord(error);
    return `${code}: ${message}`;
  }
  throw new Error("it did not fail");
}

describe("explanations", () => {
  it.each(
    Object.entries(EXPLANATIONS),
  )("%s has causes, remedies and an example of itself", (code, explanation) => {
    expect(explanation.causes.length).toBeGreaterThan(0);
    expect(explanation.remedies.length).toBeGreaterThan(0);
    const itself = code === "old-node" ? "needs Node.js 24 or newer" : ` ${code}`;
    expect(explanation.example).toContain(itself);
  });

  it.each<[ExplainedCode, string]>([
    ["invalid-yaml", "cascade: c\nstages:\n\t- { skill: lint-code }\n"],
    ["invalid-cascade", "cascade: c\nstages:\n  - stage: a\n    skil: lint-code\n"],
    [
      "not-supported",
      "cascade: c\nstages:\n  - stage: a\n    skill: discover-files\n    report_issues: on_failure\n",
    ],
    [
      "unknown-skill",
      "cascade: c\nstages:\n  - stage: a\n    type: parallel\n    skills: [lint-cod]\n",
    ],
    ["not-allowed", "cascade: c\nstages:\n  - { skill: shout, stage: a }\n"],
    [
      "unknown-reference",
      'cascade: c\ninputs: [{ name: path, type: path }]\nstages:\n  - { stage: discover, skill: discover-files }\n  - stage: look\n    skill: lint-code\n    inputs: { files: "${discover.batch}" }\n',
    ],
    [
      "invalid-expression",
      'cascade: c\ninputs: [{ name: path, type: path }]\nstages:\n  - { stage: discover, skill: discover-files }\n  - { stage: pick, transform: 1, when: "${path < 3}" }\n',
    ],
    [
      "unused-input",
      "cascade: c\ninputs:\n  - { name: depth, required: false }\nstages:\n  - { skill: discover-files, stage: a, inputs: { path: . } }\n",
    ],
  ])("the example of %s is what a cascade with that mistake shows", (code, text) => {
    expect(EXPLANATIONS[code].example).toBe(shownOf(text));
  });

  it.each<[ErrorCode, () => unknown]>([
    ["usage", () => parseCommandLine(["--onec"], () => {})],
    ["limit-exceeded", () => refuseOver("fanOutItems", 120_000)],
    [
      "missing-input",
      () => resolveInputs([{ name: "path", type: "path", required: true }], {}, tmpdir()),
    ],
    [
      "invalid-input",
      () => resolveInputs([{ name: "ms", type: "integer", required: true }], { ms: "x" }, tmpdir()),
    ],
  ])("the example of %s is such an error", (code, work) => {
    const [, message] = messageOf(work).split(/(?<=^[a-z-]+: )/);
    expect(EXPLANATIONS[code].example).toContain(message);
  });
});

describe("cascade-swarm explain", { timeout: STARTS_MS }, () => {
  it("explains a code, on a terminal and as JSON", async () => {
    const { causes, remedies, example } = EXPLANATIONS["limit-exceeded"];
    const shown = await endOfCommand(tmpdir(), ["explain", "LIMIT-exceeded"]);
    const bullets = (list: readonly string[]): string =>
      list.map((each) => `  - ${each}\n`).join("");
    expect(shown).toEqual({
      code: 0,
      stdout: `limit-exceeded: A named limit was exceeded.\n\nUsual causes:\n${bullets(causes)}\nWhat to do:\n${bullets(remedies)}\nFor example:\n  ${example}\n\nExit code 4.\n`,
      stderr: "",
    });
    const { stdout } = await endOfCommand(tmpdir(), ["explain", "--json", "limit-exceeded"]);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      code: "limit-exceeded",
      meaning: ERROR_CODES["limit-exceeded"],
      causes,
      remedies,
      example,
      exitCode: 4,
    });
  });

  it("lists all codes with their meaning", async () => {
    const { stdout } = await endOfCommand(tmpdir(), ["explain", "--json"]);
    const codes = Object.entries(MEANINGS).map(([code, meaning]) => ({ code, meaning }));
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, codes });
    expect(Object.keys(MEANINGS)).toEqual([...Object.keys(ERROR_CODES), "unused-input"]);
    const { stdout: lines } = await endOfCommand(tmpdir(), ["explain"]);
    expect(lines.split("\n")[0]).toBe(`invalid-yaml             ${MEANINGS["invalid-yaml"]}`);
  });

  it.each([
    ["unknwn-skill", 'did you mean "unknown-skill"?'],
    [
      "constructor",
      "without a code, explain lists all of them; it takes a run's id and the file of an exported run, too",
    ],
  ])("answers the unknown code %s with what to try", async (code, hint) => {
    expect(await endOfCommand(tmpdir(), ["explain", code])).toEqual({
      code: 2,
      stdout: "",
      stderr: `error usage: there is no error code "${code}"\n  ${hint}\n`,
    });
  });
});
