import type { Client } from "../../../coordinator/client.ts";
import { parseStageId, type RunId } from "../../../core/ids.ts";
import { typedInputs } from "../job-inputs.ts";
import type { RunsCommand } from "./command.ts";

/** Submits a run that begins with what `run` did. @returns its id */
export async function rerun(
  client: Client,
  run: RunId,
  { from, inputs }: Extract<RunsCommand, { readonly action: "rerun" }>,
  signal: AbortSignal,
): Promise<RunId> {
  const started = await client.started(run, signal);
  const plan = await client.planOf(started);
  const stages = from.map(parseStageId);
  const { runId } = await client.submit({
    cascade: plan.cascade,
    inputs: typedInputs(plan, inputs),
    rerun: { run, ...(stages.length === 0 ? {} : { from: stages }) },
  });
  return runId;
}
