import { isJsonObject } from "../core/json.ts";
import type { InputSpec, Plan } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import type { Diagnostic, Warning } from "./diagnostic.ts";
import { Expander } from "./expand.ts";
import { Findings } from "./findings.ts";
import { fitsType } from "./inputs.ts";
import { Names, type StageIds } from "./names.ts";
import { parseYaml, type Source } from "./parse.ts";
import { Reporter } from "./reporter.ts";
import { type CascadeSyntax, cascadeAsMapping, cascadeAsName, type StageSyntax } from "./schema.ts";
import { SchemaIssues } from "./schema-issues.ts";
import { StageCompiler } from "./stage-compiler.ts";
import { StageGraph } from "./stage-graph.ts";

export type Compiled =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Checks a cascade and compiles it to a plan, or says everything that is wrong with it and where. */
export function compileCascade(source: Source, catalog: SkillCatalog): Compiled {
  const yaml = parseYaml(source);
  if (!yaml.ok) return yaml;
  const findings = new Findings();
  const asName = isJsonObject(yaml.data) && typeof yaml.data["cascade"] === "string";
  const syntax = (asName ? cascadeAsName : cascadeAsMapping).safeParse(yaml.data);
  if (!syntax.success) {
    new SchemaIssues(yaml, asName, findings).report(syntax.error.issues);
    return { ok: false, diagnostics: findings.list() };
  }
  const reporter = new Reporter(yaml, asName ? [] : ["cascade"], findings);
  const { cascade } = syntax.data;
  const inputs = compileInputs(cascade, reporter);
  const graph = new StageGraph();
  const names = new Names(inputs, graph, writtenIds(cascade.stages));
  const compiler = new StageCompiler(catalog, names, reporter);
  const expander = new Expander({ graph, names, compiler, catalog, reporter });
  const result = expander.cascade(cascade.stages, cascade.outputs);
  if (!findings.isEmpty) return { ok: false, diagnostics: findings.list() };
  const { name, description } = cascade;
  const plan: Plan = {
    v: 1,
    cascade: name,
    ...versionOf(cascade, reporter),
    ...(description === undefined ? {} : { description }),
    inputs,
    stages: expander.stages,
    result: result.stages,
  };
  return { ok: true, plan, warnings: unusedInputs(inputs, names, reporter) };
}

/** As written: the number 1.10 would read as 1.1. */
function versionOf({ version }: CascadeSyntax, reporter: Reporter): { readonly version?: string } {
  if (version === undefined) return {};
  return { version: reporter.written(["version"]) ?? String(version) };
}

function compileInputs(cascade: CascadeSyntax, reporter: Reporter): readonly InputSpec[] {
  const seen = new Set<string>();
  return cascade.inputs.map((input, index) => {
    const { required, default: fallback, ...rest } = input;
    if (fallback !== undefined && !fitsType(fallback, input.type)) {
      const message = `the default of "${input.name}" must be of type ${input.type}`;
      reporter.report("invalid-cascade", message, ["inputs", index, "default"]);
    }
    if (seen.has(input.name)) {
      const message = `the input "${input.name}" is declared twice`;
      reporter.report("invalid-cascade", message, ["inputs", index, "name"]);
    }
    seen.add(input.name);
    return {
      ...rest,
      required: required ?? fallback === undefined,
      ...(fallback === undefined ? {} : { default: fallback }),
    };
  });
}

function unusedInputs(
  inputs: readonly InputSpec[],
  names: Names,
  reporter: Reporter,
): readonly Warning[] {
  return inputs.flatMap(({ name }, index): Warning[] => {
    if (names.isUsed(name)) return [];
    const message = `the input "${name}" is not used by any stage`;
    const location = reporter.locate(["inputs", index]);
    return [{ severity: "warning", code: "unused-input", message, location }];
  });
}

function writtenIds(stages: readonly StageSyntax[]): StageIds {
  const ids = new Map<string, string | undefined>();
  const collect = (list: readonly StageSyntax[], around: string | undefined): void => {
    for (const stage of list) {
      const id = stage.stage_id ?? stage.stage ?? stage.name;
      if (id !== undefined) ids.set(id, around);
      const { branches = {}, then, else: otherwise, default: fallback } = stage;
      for (const inner of [stage, ...Object.values(branches), then, otherwise, fallback]) {
        if (typeof inner === "object") collect(inner.stages ?? [], id);
      }
    }
  };
  collect(stages, undefined);
  return ids;
}
