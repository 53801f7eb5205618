import type { Json } from "../core/json.ts";
import type { PlanStage, Template } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import type { CascadeSettings } from "./cascade-settings.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";
import { referencesIn } from "./template-references.ts";

/** A fix is looked for by running tests again and again. */
const FIX_TIMEOUT = "1h";

/** Whether fixes are looked for when a stage has failed for good: it says so, or its cascade does for stages that say nothing. */
export function isMendedByFix(work: WorkSyntax, settings: CascadeSettings): boolean {
  const strategy = work.error_handling?.strategy;
  const isFixItself = work.type === "codex-sandbox";
  if (strategy === undefined) return settings.mendsByFix && !isFixItself;
  return isAutoFix(strategy);
}

/** Both spellings of the strategy. */
export function isAutoFix(strategy: string): boolean {
  return strategy === "codex-auto-fix" || strategy === "codex_auto_fix";
}

/**
 * The stage that looks for fixes, as if somebody had written it: the fix loop with the stage's own settings of it, whose accepted
 * fixes are written into the files, for the stage is done once more. It fails when there is none.
 */
export function fixWork(work: WorkSyntax): WorkSyntax {
  const { codex_config, fix_strategy, error_recovery } = work;
  const values: Record<string, Json> = {
    ...NOTHING_IMPLIED,
    path: ".",
    apply: "apply",
    allow_failures: true,
    require_fix: true,
  };
  if (work.test_suite !== undefined) delete values["test_suite"];
  if (work.tests !== undefined) delete values["tests"];
  return {
    type: "codex-sandbox",
    timeout: FIX_TIMEOUT,
    inputs: values,
    ...(work.test_suite === undefined ? {} : { test_suite: work.test_suite }),
    ...(work.tests === undefined ? {} : { tests: work.tests }),
    ...(codex_config === undefined ? {} : { codex_config }),
    ...(fix_strategy === undefined ? {} : { fix_strategy }),
    ...(error_recovery === undefined ? {} : { error_recovery }),
  };
}

/** What the stage does not say is not taken from an output that happens to have the name. */
const NOTHING_IMPLIED: Readonly<Record<string, Json>> = {
  ...{ test_suite: null, tests: null, test_command: null, prompt: null, task: null },
};

/** The same on what the failed stage worked on: the first path that one of its skills is given, else the job's directory. */
export function onPathOf(
  failed: PlanStage,
  fix: PlanStage,
  found: { readonly catalog: SkillCatalog; readonly path: Path; readonly reporter: Reporter },
): PlanStage {
  const path = pathOf(failed, found.catalog);
  if (path === undefined) return fix;
  if (isOfItem(path)) {
    const message = "fixes are made for one path, and here each item has its own";
    const hint = "write the stage once for each path, or leave `codex-auto-fix` out";
    found.reporter.report("invalid-cascade", message, found.path, hint);
  }
  const skills = fix.skills.map((call) => ({ ...call, inputs: { ...call.inputs, path } }));
  return { ...fix, skills };
}

function pathOf({ skills }: PlanStage, catalog: SkillCatalog): Template | undefined {
  const given = skills.flatMap(({ skill, inputs }) => {
    const specs = catalog.find(skill)?.inputs ?? [];
    const named = specs.find(({ name, type }) => type === "path" && name === "path");
    const first = named ?? specs.find(({ type }) => type === "path");
    return first === undefined ? [] : (inputs[first.name] ?? []);
  });
  return given[0];
}

/** Whether a value differs from task to task of a stage. Pure. */
function isOfItem(template: Template): boolean {
  return referencesIn(template).some(
    ({ scope }) => scope.kind === "item" || scope.kind === "index",
  );
}
