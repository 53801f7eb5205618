import { z } from "zod";
import { systemClock } from "../../../core/clock.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { InputSpec, Plan } from "../../../core/plan.ts";
import { openModelOutlook } from "../../../models/outlook.ts";
import { filesNamed, isFolder } from "../../cli/cascade-files/cascade-files.ts";
import { openInstalled } from "../../cli/installed.ts";
import { jobFromCommandLine, planFromCommandLine } from "../../cli/job-inputs.ts";
import { planSummary } from "../../cli/plan/plan-summary.ts";
import { planText } from "../../cli/plan/plan-text.ts";
import type { OfferedCascade, OfferedInput } from "../state/offered-cascade.ts";
import { bodyOf } from "./request-body.ts";
import { sendJson } from "./responses.ts";
import type { DashboardContext, Route } from "./route.ts";

/** Where a project keeps its own. */
const FOLDER = "cascades";
/** In characters. */
const PLAN_WIDTH = 96;

const startBody = z.strictObject({
  cascade: z.string().min(1).max(300),
  /** `name=value`, as on a command line. */
  inputs: z.array(z.string().max(500_000)).max(200),
});
type Start = z.infer<typeof startBody>;

export function startRoutes(context: DashboardContext): readonly Route[] {
  const { client, directory, env, allowance } = context;
  const requestOf = async ({ cascade, inputs }: Start) => {
    // What is named is offered: a page chooses from the list and opens no other file.
    if (!(await namesOf(context)).includes(cascade))
      throw new SwarmError(
        "unknown-cascade",
        `${JSON.stringify(cascade).slice(0, 80)} is not offered here`,
      );
    return { cascade, inputs, directory, env, ...(allowance === undefined ? {} : { allowance }) };
  };
  return [
    {
      method: "GET",
      path: /^\/api\/cascades$/,
      async handle({ response }) {
        const names = await namesOf(context);
        sendJson(response, {
          cascades: await Promise.all(names.map((name) => offered(context, name))),
        });
      },
    },
    {
      method: "POST",
      path: /^\/api\/plan$/,
      async handle({ request, response }) {
        const asked = await requestOf(await bodyOf(request, startBody));
        const models = await openModelOutlook(env, systemClock);
        const summary = planSummary(await planFromCommandLine({ ...asked, models }));
        sendJson(response, { text: planText(summary, PLAN_WIDTH) });
      },
    },
    {
      method: "POST",
      path: /^\/api\/runs$/,
      async handle({ request, response }) {
        const { job } = await jobFromCommandLine(await requestOf(await bodyOf(request, startBody)));
        const { runId } = await client.submit(job);
        sendJson(response, { run: runId }, 201);
      },
    },
  ];
}

async function namesOf({ directory, env }: DashboardContext): Promise<readonly string[]> {
  const { cascades } = await openInstalled({ directory, env });
  const folder = `${directory}/${FOLDER}`;
  const files = (await isFolder(folder)) ? await filesNamed(FOLDER, directory).catch(() => []) : [];
  return [...(await cascades.names()), ...files.map(({ label }) => label)];
}

async function offered(context: DashboardContext, name: string): Promise<OfferedCascade> {
  const { directory, env, allowance } = context;
  const allowed = allowance === undefined ? {} : { allowance };
  try {
    const { plan } = await planFromCommandLine({
      ...{ cascade: name, inputs: [], directory, env },
      ...allowed,
    });
    return { name, ...about(plan), inputs: plan.inputs.map(inputOf) };
  } catch (error) {
    return { name, inputs: [], problem: (error as Error).message };
  }
}

function about({ description }: Plan): Pick<OfferedCascade, "description"> {
  return description === undefined ? {} : { description };
}

function inputOf({
  name,
  type,
  required,
  description,
  default: fallback,
}: InputSpec): OfferedInput {
  return {
    name,
    type,
    isRequired: required,
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined
      ? {}
      : { default: typeof fallback === "string" ? fallback : JSON.stringify(fallback) }),
  };
}
