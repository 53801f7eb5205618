import { systemClock } from "../../../core/clock.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { openModelOutlook } from "../../../models/outlook.ts";
import type { PlanCommand } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { planFromCommandLine } from "../job-inputs.ts";
import { planMermaid } from "./plan-mermaid.ts";
import { type PlanSummary, planSummary } from "./plan-summary.ts";
import { planText } from "./plan-text.ts";

/** Wider lines are harder to read, on however wide a terminal. */
const WIDEST = 100;
const NARROWEST = 40;

/**
 * Says what a run would do, and starts nothing.
 * @throws as `jobFromCommandLine`, so that a run that could not start has no plan either
 */
export async function runPlan(
  { cascade, inputs, form, allowance }: PlanCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const allowed = allowance === undefined ? {} : { allowance };
  const models = await openModelOutlook(process.env, systemClock);
  const request = { cascade, inputs, directory, env: process.env, models, ...allowed };
  const summary = planSummary(await planFromCommandLine(request));
  process.stdout.write(`${scrubber.scrub(inForm(summary, form))}\n`);
  return EXIT.ok;
}

function inForm(summary: PlanSummary, form: PlanCommand["form"]): string {
  switch (form) {
    case "text": {
      const columns = process.stdout.columns ?? WIDEST;
      return planText(summary, Math.min(WIDEST, Math.max(NARROWEST, columns)));
    }
    case "json":
      return JSON.stringify(summary);
    case "mermaid":
      return planMermaid(summary);
    default:
      return form satisfies never;
  }
}
