import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { AcceptedFix, Escalation, RepairOrder, RepairOutcome } from "../../core/repairs.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { countsAsJson, namedTests, repairsOf, testOrderOf } from "../test-order.ts";

/** Runs tests in the sandbox and mends what fails. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    test_suite: { type: "string", required: false },
    tests: { type: "any", required: false },
    test_command: { type: "any", required: false },
    patch: { type: "string", required: false },
    auto_fix: { type: "boolean", default: true },
    max_iterations: { type: "integer", default: 5 },
    escalate_after: { type: "integer", default: 5 },
    regression_check: { type: "boolean", default: true },
    network_disabled: { type: "boolean", default: true },
    apply: { type: "string", default: "none" },
    allow_failures: { type: "boolean", default: false },
    require_fix: { type: "boolean", default: false },
    prompt: { type: "string", required: false },
    task: { type: "string", required: false },
  },
  outputs: {
    status: { type: "string" },
    adapter: { type: "string" },
    baseline: { type: "object" },
    after: { type: "object" },
    fixes: { type: "array" },
    escalations: { type: "array" },
    patch: { type: "string" },
    patch_file: { type: "string", required: false },
    report: { type: "string" },
    branch: { type: "string", required: false },
    repository: { type: "string", required: false },
    enforcement: { type: "object" },
    codex_sandbox_state: { type: "object" },
    notes: { type: "array" },
    duration_ms: { type: "number" },
  },
  async run(inputs, context) {
    const startedMs = performance.now();
    const task = inputs.task ?? inputs.prompt;
    const { patch } = inputs;
    const outcome = await repairsOf(context).fix(
      {
        ...testOrderOf(inputs, context.directory),
        autoFix: inputs.auto_fix,
        maxIterations: atLeastOne(inputs.max_iterations, "max_iterations"),
        escalateAfter: atLeastOne(inputs.escalate_after, "escalate_after"),
        regressionCheck: inputs.regression_check,
        networkDisabled: inputs.network_disabled,
        apply: applyOf(inputs.apply),
        ...(task === undefined ? {} : { task }),
        ...(patch === undefined || patch === "" ? {} : { patch }),
      },
      context.signal,
    );
    const found = outputOf(outcome, Math.round(performance.now() - startedMs));
    const files = await writeFiles(found, context);
    if (inputs.require_fix) refuseWithoutFix(outcome, files.report);
    if (!inputs.allow_failures) refuseFailures(outcome, files.report);
    return { ...found, ...files };
  },
});

function atLeastOne(number: number, name: string): number {
  if (number >= 1) return number;
  const pointer = `/${name}`;
  throw new SwarmError("invalid-input", `${pointer} must be at least 1`, { location: { pointer } });
}

function applyOf(text: string): RepairOrder["apply"] {
  if (text === "none" || text === "branch" || text === "apply") return text;
  throw new SwarmError("invalid-input", "/apply must be none, branch or apply", {
    location: { pointer: "/apply" },
  });
}

function outputOf(outcome: RepairOutcome, durationMs: number) {
  const { status, adapter, baseline, after, fixes, escalations, patch, enforcement } = outcome;
  const { branch, repository, notes } = outcome;
  return {
    status,
    adapter,
    baseline: countsAsJson(baseline),
    after: countsAsJson(after),
    fixes: fixes.map(fixAsJson),
    escalations: escalations.map(escalationAsJson),
    patch,
    ...(branch === undefined ? {} : { branch }),
    ...(repository === undefined ? {} : { repository }),
    enforcement: { ...enforcement },
    codex_sandbox_state: {
      isolated: enforcement.backend !== "none",
      network: enforcement.backend === "none" ? "not limited" : "disabled",
      enforcement: { ...enforcement },
    },
    notes,
    duration_ms: durationMs,
  };
}

function fixAsJson({ costUsd, tests, ...fix }: AcceptedFix): JsonObject {
  return { ...fix, tests: [...tests], cost_usd: costUsd };
}

function escalationAsJson({ file, suspects, tried, ...own }: Escalation): JsonObject {
  return {
    ...own,
    file: file ?? null,
    suspects: [...suspects],
    tried: tried.map((e) => ({ ...e })),
  };
}

/** Several stages of a run may have some. */
async function writeFiles(
  found: { readonly patch: string } & Readonly<Record<string, Json>>,
  context: SkillContext,
): Promise<{ readonly report: string; readonly patch_file?: string }> {
  const { stageId, index } = context.run;
  const name = index === 0 ? stageId : `${stageId}-${index}`;
  const text = `${JSON.stringify(found, undefined, 2)}\n`;
  const report = await writeArtifact(`fix-report-${name}.json`, text, context);
  if (found.patch === "") return { report };
  return { report, patch_file: await writeArtifact(`fixes-${name}.patch`, found.patch, context) };
}

/** @throws SwarmError `tests-failing`, `nothing-to-do` */
function refuseWithoutFix(outcome: RepairOutcome, report: string): void {
  if (outcome.fixes.length > 0) return;
  refuseFailures(outcome, report);
  const { total } = outcome.after;
  throw new SwarmError("nothing-to-do", `all ${total} tests pass, so there is nothing to fix`, {
    hint: "what failed is not what the tests look at",
  });
}

/** @throws SwarmError `tests-failing`, `nothing-to-do` */
function refuseFailures({ status, after, escalations }: RepairOutcome, report: string): void {
  if (status === "passed" || status === "fixed") return;
  if (status === "no-tests") {
    throw new SwarmError("nothing-to-do", "the test runner found no test", {
      hint: "choose others with test_suite, or name the command that runs them with test_command",
    });
  }
  const named = namedTests(escalations.map(({ test }) => test));
  const mended = status === "partly-fixed" ? "; for others there are fixes" : "";
  throw new SwarmError(
    "tests-failing",
    `${after.failed} of ${after.total} tests go on failing: ${named}${mended}; all that was found out: ${report}`,
    { hint: "with allow_failures: true they are a result like any other" },
  );
}
