import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { InputSpec } from "../../core/plan.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";

const folder = new URL("../fixtures/description/", import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(`${name}.yaml`, folder), "utf8");

const OUTPUTS: readonly InputSpec[] = [
  { name: "quality_score", type: "number", required: true },
  { name: "quality", type: "number", required: true },
  { name: "threshold", type: "number", required: true },
  { name: "complexity", type: "string", required: true },
];
/** Every skill that a block names, taking nothing. */
const skills: SkillCatalog = {
  find: (name) => ({
    name,
    description: name,
    version: "1.0.0",
    lane: "light",
    inputs: [],
    outputs: OUTPUTS,
    entry: "run.ts",
    folder: `/skills/${name}`,
  }),
  names: () => [],
  refusalOf: () => undefined,
};
const sources = {
  find: (name: string) =>
    name === "deep-quality-audit"
      ? {
          text: `cascade: ${name}\nstages:\n  - { stage: audit, skill: audit }\n`,
          file: `${name}.yaml`,
        }
      : undefined,
  names: () => ["deep-quality-audit"],
};

/** The ids of the stages of the plan, or what is wrong as `line code message`. */
function resultOf(name: string): readonly string[] {
  const compiled = compileCascade({ text: textOf(name), file: `${name}.yaml` }, skills, sources);
  if (compiled.ok) return compiled.plan.stages.map(({ id }) => id);
  return compiled.diagnostics.map(
    ({ code, message, location }) => `${location.line} ${code} ${message}`,
  );
}

const fragment = (key: string): readonly string[] => [
  '1 invalid-cascade the key "cascade" is missing',
  `1 invalid-cascade the key "${key}" is not known here`,
];

/** What each block of YAML in the original description comes to: a plan, or why it is none. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  // Parts of a cascade, shown alone.
  "01-stage-types": fragment("stages"),
  "02-data-flow": fragment("data_flow"),
  "03-error-handling": fragment("error_handling"),
  "04-enhanced-data-pipeline": [
    ...["extract", "validate", "validate--fix", "validate--fixed", "transform", "report"],
  ],
  "05-code-quality-swarm": ["quality-checks", "aggregate"],
  "06-test-and-fix": ["functionality-audit", "validate-fixes"],
  "07-adaptive-workflow": [
    ...["analyze", "decide--decision", "decide--high_quality"],
    ...["decide--low_quality--inputs", "decide--low_quality--audit"],
  ],
  "08-iterative-refinement": [
    ...["refactor", "check-quality", "repeat-decision"],
    ...["refactor--2", "check-quality--2", "repeat-decision--2"],
    ...["refactor--3", "check-quality--3", "repeat-decision--3"],
  ],
  "09-swarm-config": fragment("swarm_config"),
  "10-fix-strategy": fragment("stages"),
  "11-memory": fragment("memory"),
  // A scheme: `sequential | parallel` and `type: type` stand for one of several.
  "12-definition-format": [
    "14 invalid-cascade cascade.inputs[0].type",
    "20 invalid-cascade cascade.stages[0].type",
    "21 invalid-cascade cascade.stages[0].model",
    "27 invalid-cascade cascade.stages[0].skills[0].outputs",
    "46 invalid-cascade cascade.stages[0].error_handling.strategy",
    '54 not-supported "github_integration"',
  ],
  "13-complete-dev-workflow": [
    ...["gemini-search", "codex-auto", "codex-sandbox", "gemini-media", "style-audit", "github-pr"],
  ],
  "14-modernize-legacy-code": ["6 invalid-yaml Unexpected scalar at node end"],
  "15-intelligent-bug-fix": [
    ...["root-cause-analyzer", "multi-model-decision--decision", "multi-model-decision--simple"],
    ...["gemini-megacontext", "codex-reasoning", "claude"],
    ...["codex-sandbox", "regression-suite", "github-issue-update"],
  ],
};

describe("the blocks of the original description", () => {
  it("are all here", () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(BLOCKS).map((name) => `${name}.yaml`));
  });

  it.each(Object.entries(BLOCKS))("%s", (name, expected) => {
    // Of the scheme, the beginnings say which of its values are none.
    const found = resultOf(name);
    expect(found.map((line, at) => line.slice(0, expected[at]?.length))).toEqual(expected);
  });
});
