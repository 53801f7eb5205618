import { z } from "zod";
import { SwarmError, toErrorRecord } from "../../../core/errors.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { readCascade } from "../../../language/cascade-registry.ts";
import { compileCascade } from "../../../language/compile.ts";
import { resolveInputs } from "../../../language/inputs.ts";
import { isCascadePath } from "../../cli/installed.ts";
import { planSummary } from "../../cli/plan/plan-summary.ts";
import { planText } from "../../cli/plan/plan-text.ts";
import { findCascade, installedHere, jobOf, realPathInside } from "../jobs.ts";
import { knownRun, runText, runView, viewOf, waitForEnd } from "../runs.ts";
import { defineTool } from "../tool.ts";

const cascade = z.string().min(1).describe("Registered name, or path of a YAML file here");
const inputs = z
  .record(
    z.string(),
    z.custom<Json>((data) => data !== undefined),
  )
  .default({});
export const waitMs = z.int().min(1).max(3_600).default(300);

export const cascadeList = defineTool({
  name: "cascade_list",
  description: "Lists the cascades that can be run, with their inputs.",
  effect: "reads",
  input: z.object({}).strict(),
  output: z.object({ cascades: z.array(z.object({ name: z.string() }).loose()) }),
  async call(_, context) {
    const { cascades } = await installedHere(context);
    const found: ({ name: string } & JsonObject)[] = [];
    for (const name of await cascades.names()) {
      try {
        const plan = await cascades.plan(name);
        found.push({ name, description: plan.description ?? null, inputs: inputsOf(plan) });
      } catch (error) {
        const { code, message } = toErrorRecord(error);
        found.push({ name, error: { code, message } });
      }
    }
    const lines = found.map(({ name, description, error }) =>
      [name, description ?? (error === undefined ? "" : "cannot run here")].join(": "),
    );
    return { data: { cascades: found }, text: lines.join("\n") };
  },
});

function inputsOf({ inputs: specs }: Plan): Json {
  return specs.map(({ name, type, required, default: fallback }) => ({
    name,
    type,
    required: required && fallback === undefined,
    ...(fallback === undefined ? {} : { default: fallback }),
  }));
}

export const cascadeValidate = defineTool({
  name: "cascade_validate",
  description: "Checks a cascade (name, file, or YAML text) without running it.",
  effect: "reads",
  input: z
    .object({ cascade: cascade.optional(), definition: z.string().describe("YAML").optional() })
    .strict(),
  output: z.object({ valid: z.boolean(), problems: z.array(z.unknown()) }),
  async call({ cascade: named, definition }, context) {
    if ((named === undefined) === (definition === undefined))
      throw new SwarmError("invalid-input", "cascade_validate takes cascade or definition, one");
    const { skills, cascades } = await installedHere(context);
    const source =
      definition !== undefined
        ? { text: definition, file: "definition" }
        : isCascadePath(named ?? "")
          ? await fileSource(context.directory, named ?? "")
          : await cascades.source(named ?? "");
    const result = compileCascade(source, skills, cascades.sources);
    const problems = (result.ok ? result.warnings : result.diagnostics).map(
      ({ severity, code, message, location, ...rest }) => ({
        severity,
        code,
        message,
        line: location?.line ?? null,
        column: location?.column ?? null,
        hint: ("hint" in rest ? rest.hint : undefined) ?? null,
      }),
    );
    const lines = problems.map(
      (each) => `${each.line}:${each.column} ${each.code}: ${each.message}`,
    );
    const text = [result.ok ? "valid" : "invalid", ...lines].join("\n");
    return { data: { valid: result.ok, problems }, text };
  },
});

async function fileSource(directory: string, file: string) {
  return { text: await readCascade(await realPathInside(directory, file)), file };
}

export const cascadePlan = defineTool({
  name: "cascade_plan",
  description: "Says what a run would do, stage by stage, and starts nothing.",
  effect: "reads",
  input: z.object({ cascade, inputs }).strict(),
  output: z.object({ cascade: z.string(), stages: z.array(z.unknown()) }).loose(),
  async call({ cascade: named, inputs: given }, { directory, env, allowance }) {
    const { plan, skills } = await findCascade(named, { directory, env, allowance });
    const hasNone = Object.keys(given).length === 0;
    const specs = hasNone ? plan.inputs.map((spec) => ({ ...spec, required: false })) : plan.inputs;
    const values = resolveInputs(specs, given, directory);
    const summary = planSummary({ plan, given, values, skills });
    return { data: { ...summary, stages: [...summary.stages] }, text: planText(summary, 100) };
  },
});

export const cascadeRun = defineTool({
  name: "cascade_run",
  description:
    "Starts a run and answers its id at once; with wait, follows it to its end or for timeoutSeconds.",
  effect: "changes",
  input: z
    .object({ cascade, inputs, wait: z.boolean().default(false), timeoutSeconds: waitMs })
    .strict(),
  output: runView.partial().extend({ run: z.string(), status: z.string() }),
  async call({ cascade: named, inputs: given, wait, timeoutSeconds }, context) {
    const found = await findCascade(named, context);
    const job = await jobOf(found, given, context.directory);
    const client = await context.swarm.client();
    const { runId: run } = await client.submit(job);
    if (!wait) {
      const text = `${found.plan.cascade} is accepted, run ${run}; run_status tells how it stands`;
      return { data: { run, cascade: found.plan.cascade, status: "accepted" }, text };
    }
    await waitForEnd(client, run, timeoutSeconds * 1_000, context);
    const view = viewOf(await knownRun(client, run, context.signal));
    return { data: view, text: runText(view) };
  },
});
