import { isJsonObject } from "../core/json.ts";
import type { InputSpec } from "../core/plan.ts";
import type { Findings } from "./findings.ts";
import { fitsType } from "./inputs.ts";
import type { StageIds } from "./names.ts";
import { parseYaml, type Source } from "./parse.ts";
import { Reporter } from "./reporter.ts";
import { type CascadeSyntax, cascadeAsMapping, cascadeAsName, type StageSyntax } from "./schema.ts";
import { SchemaIssues } from "./schema-issues.ts";
import { expandShortForm } from "./short-form.ts";

/** A cascade file that keeps to YAML and the schema. */
export interface OpenedCascade {
  readonly cascade: CascadeSyntax;
  readonly inputs: readonly InputSpec[];
  readonly reporter: Reporter;
  readonly stageIds: StageIds;
}

/** Reads a cascade file as far as it can be without knowing skills. @returns undefined when it is wrong, which was reported */
export function openCascade(source: Source, findings: Findings): OpenedCascade | undefined {
  const yaml = parseYaml(source, expandShortForm);
  if (!yaml.ok) {
    for (const diagnostic of yaml.diagnostics) {
      const { code, message, location, hint } = diagnostic;
      findings.report(code, message, () => location, hint);
    }
    return undefined;
  }
  const asName = isJsonObject(yaml.data) && typeof yaml.data["cascade"] === "string";
  const syntax = (asName ? cascadeAsName : cascadeAsMapping).safeParse(yaml.data);
  if (!syntax.success) {
    new SchemaIssues(yaml, asName, findings).report(syntax.error.issues);
    return undefined;
  }
  const reporter = new Reporter(yaml, asName ? [] : ["cascade"], findings);
  const { cascade } = syntax.data;
  const inputs = declaredInputs(cascade, reporter);
  return {
    cascade,
    inputs,
    reporter,
    stageIds: writtenIds([...cascade.stages, ...(cascade.finally ?? [])]),
  };
}

function declaredInputs(cascade: CascadeSyntax, reporter: Reporter): readonly InputSpec[] {
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
