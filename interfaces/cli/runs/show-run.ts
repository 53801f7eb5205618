import type { Client } from "../../../coordinator/client.ts";
import { amountText, type BudgetStanding } from "../../../core/budget.ts";
import type { ModelSpending } from "../../../core/budget-account.ts";
import type { ErrorRecord } from "../../../core/errors.ts";
import { formatLocation } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import { type RunStory, type StageStory, storyOf } from "./run-story.ts";
import { ageText, durationText } from "./time-text.ts";

/** Prints what happened to one run, stage by stage. */
export async function showRun(
  client: Client,
  run: RunId,
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  const events = await client.history(run, signal);
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error(`${run} has no events`);
  const story = storyOf(await client.planOf(first), events);
  const output = last.type === "run.succeeded" ? await client.outputOf(last) : undefined;
  const text = json
    ? JSON.stringify(storyJson(story, output))
    : storyLines(story, output, Date.now()).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

const LONGEST_OUTPUT = 400;

/** For a person. Pure. @param nowMs wall time */
export function storyLines(
  story: RunStory,
  output: Json | undefined,
  nowMs: number,
): readonly string[] {
  const { run, cascade, status, startedAtMs, endedAtMs = nowMs, directory, stages } = story;
  const took = durationText(endedAtMs - startedAtMs);
  const { pausedAtMs } = story;
  const paused = pausedAtMs === undefined ? "" : `, paused ${ageText(pausedAtMs, nowMs)}`;
  const now = status === "running" ? `running for ${took}${paused}` : `${status} in ${took}`;
  const rows = stages.map((stage) => stageRow(stage, nowMs));
  return [
    `${cascade} ${now}, started ${ageText(startedAtMs, nowMs)}`,
    `  run        ${run}`,
    `  directory  ${directory}`,
    ...(story.rerunOf === undefined ? [] : [`  begun with ${story.rerunOf}`]),
    ...(story.reason === undefined ? [] : [`  reason     ${story.reason}`]),
    ...(story.spent === undefined ? [] : [`  models     ${spentText(story.spent)}`]),
    ...story.budgets.map((budget) => `  budget     ${budgetText(budget, endedAtMs - startedAtMs)}`),
    ...(isToldBelow(story) || story.error === undefined ? [] : errorLines(story.error)),
    ...(output === undefined || output === null ? [] : [`  output     ${shortJson(output)}`]),
    "",
    ...aligned([["  stage", "status", "tasks", "attempts", "took", "by"], ...rows]),
    ...stages.flatMap(detailLines),
  ].map(printable);
}

function spentText({ calls, tokens, usd }: ModelSpending): string {
  const known = [
    tokens === null ? "tokens not known" : amountText("tokens", tokens),
    usd === null ? "cost not known" : amountText("usd", usd),
  ];
  return [amountText("calls", calls), ...known].join(", ");
}

/** Spent of limit, and what calls that are under way may still need. */
function budgetText({ of, limit, spent, reserved }: BudgetStanding, tookMs: number): string {
  const told = (["calls", "tokens", "usd"] as const).flatMap((counted) => {
    const most = limit[counted];
    if (most === undefined) return [];
    const held = reserved[counted];
    const short = (amount: number): string =>
      counted === "usd" ? amountText(counted, amount) : String(amount);
    const more = held === 0 ? "" : ` and ${short(held)} reserved`;
    return [`${short(spent[counted])} of ${amountText(counted, most)}${more}`];
  });
  const { timeMs } = limit;
  const isOfRun = of === "the run";
  const time =
    timeMs === undefined
      ? []
      : [`${isOfRun ? `${durationText(tookMs)} of ` : "at most "}${durationText(timeMs)}`];
  return `${of}: ${[...told, ...time].join(", ")}`;
}

function stageRow(stage: StageStory, nowMs: number): readonly string[] {
  const { id, status, tasks, succeeded, attempts, agents, startedAtMs, endedAtMs } = stage;
  const by = stage.reusedFrom === undefined ? agents.join(", ") : takenFrom(stage);
  const took = startedAtMs === undefined ? "" : durationText((endedAtMs ?? nowMs) - startedAtMs);
  return [
    `  ${id}`,
    status,
    tasks === undefined ? "" : `${succeeded}/${tasks}`,
    attempts === 0 ? "" : String(attempts),
    took,
    by,
  ].map(printable);
}

/** The failure of a run is most often that of a stage. */
function isToldBelow({ error, stages }: RunStory): boolean {
  return stages.some((stage) => stage.error?.message === error?.message);
}

/** Hexadecimal digits of a hash that are shown: enough to name it in an answer. */
const SHOWN_DIGITS = 12;

function takenFrom({ cached, reusedFrom }: StageStory): string {
  return cached === true ? `CACHED from ${reusedFrom}` : "taken over";
}

function detailLines(stage: StageStory): readonly string[] {
  const { id, cacheMissed } = stage;
  const missed = cacheMissed === undefined ? [] : ["", `  ${id} was not cached: ${cacheMissed}`];
  return [...missed, ...endLines(stage)];
}

function endLines({ id, error, waitsFor, content, status }: StageStory): readonly string[] {
  if (status === "paused" && waitsFor !== undefined) {
    const hash = content === undefined ? [] : [`    content ${content.slice(0, SHOWN_DIGITS)}`];
    return ["", `  ${id} waits for ${waitsFor}`, ...hash];
  }
  return error === undefined ? [] : ["", `  ${id}:`, ...errorLines(error)];
}

function errorLines({ code, message, hint, location }: ErrorRecord): readonly string[] {
  const place = formatLocation(location);
  const head = `  ${code}${place === "" ? "" : ` at ${place}`}: ${message}`;
  return hint === undefined ? [head] : [head, `    ${hint}`];
}

function shortJson(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= LONGEST_OUTPUT ? text : `${text.slice(0, LONGEST_OUTPUT - 1)}…`;
}

/** The same for programs; times are ISO 8601. */
function storyJson(story: RunStory, output: Json | undefined): object {
  const {
    run,
    cascade,
    status,
    directory,
    startedAtMs,
    endedAtMs,
    stages,
    error,
    reason,
    rerunOf,
    pausedAtMs,
    budgets,
    spent,
  } = story;
  return {
    schemaVersion: 1,
    run,
    cascade,
    status,
    directory,
    rerunOf: rerunOf ?? null,
    startedAt: isoOf(startedAtMs),
    endedAt: isoOf(endedAtMs),
    durationMs: endedAtMs === undefined ? null : endedAtMs - startedAtMs,
    pausedAt: isoOf(pausedAtMs),
    error: error ?? null,
    ...(reason === undefined ? {} : { reason }),
    output: output ?? null,
    ...(spent === undefined ? {} : { spent }),
    ...(budgets.length === 0 ? {} : { budgets }),
    stages: stages.map(({ startedAtMs: from, endedAtMs: to, tasks, ...stage }) => ({
      ...stage,
      tasks: tasks ?? null,
      startedAt: isoOf(from),
      endedAt: isoOf(to),
    })),
  };
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
