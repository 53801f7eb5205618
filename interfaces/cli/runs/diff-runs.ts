import type { PublishedEvent } from "../../../bus/messages.ts";
import type { Client } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import {
  type Change,
  type ComparedRun,
  differenceOf,
  type RunDifference,
  type StageDifference,
  valueIn,
} from "./run-difference.ts";
import { durationText } from "./time-text.ts";

/** A larger output is compared by its hash: what it cost is then not known. */
const LOADED_BYTES = 4_194_304;
const LONGEST_VALUE = 60;

/** Prints what two runs do not have in common. The exit code is 0 also when they differ. */
export async function diffRuns(
  client: Client,
  [a, b]: readonly [RunId, RunId],
  json: boolean,
  signal: AbortSignal,
): Promise<number> {
  const [left, right] = await Promise.all([
    comparedRun(client, a, signal),
    comparedRun(client, b, signal),
  ]);
  const difference = differenceOf(left, right);
  const text = json
    ? JSON.stringify({ schemaVersion: 1, ...difference }, (_, value: unknown) => value ?? null)
    : differenceLines(difference).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

async function comparedRun(client: Client, run: RunId, signal: AbortSignal): Promise<ComparedRun> {
  const events = await client.history(run, signal);
  const [first] = events;
  if (first === undefined) throw new SwarmError("unknown-run", `nothing is stored of ${run}`);
  const plan = await client.planOf(first);
  const inputs = await loaded(client, { ...first, data: { output: first.data["inputs"] ?? null } });
  const outputs = new Map<PublishedEvent, Json>();
  for (const event of events) {
    const isOfStage = event.type === "task.succeeded" || event.type === "stage.succeeded";
    if (isOfStage && event.data["output"] !== undefined) {
      outputs.set(event, await loaded(client, event));
    }
  }
  return { plan, events, outputs, inputs };
}

async function loaded(client: Client, event: PublishedEvent): Promise<Json> {
  const output = event.data["output"] ?? null;
  const blob = isJsonObject(output) ? output["blob"] : undefined;
  if (isJsonObject(blob) && Number(blob["bytes"]) > LOADED_BYTES) return output;
  return blob === undefined ? valueIn(output) : client.outputOf(event);
}

/** For a person. Pure. */
export function differenceLines(difference: RunDifference): readonly string[] {
  const { runs, cascade, plan, status, inputs, durationMs, costUsd, stages, same } = difference;
  const rows: string[][] = [["", String(runs.a), String(runs.b)]];
  const row = <Value>(
    label: string,
    change: Change<Value> | null,
    shown: (value: Value) => string,
  ): void => {
    if (change === null) return;
    const word = (value: Value | undefined): string => (value === undefined ? "–" : shown(value));
    rows.push([label, word(change.a), word(change.b)]);
  };
  row("cascade", cascade, String);
  row("plan", plan, (digest) => digest.slice(0, 12));
  row("status", status, String);
  row("took", durationMs, timeText);
  if (costUsd.a !== null || costUsd.b !== null) row("cost", costUsd, costText);
  for (const [name, change] of Object.entries(inputs)) row(`input ${name}`, change, shortJson);
  for (const stage of stages) {
    const { stage: id } = stage;
    row(`${id}: status`, stage.status, String);
    row(`${id}: error`, stage.error, shortened);
    row(`${id}: tasks`, stage.tasks, String);
    row(`${id}: attempts`, stage.attempts, String);
    row(`${id}: took`, stage.durationMs, timeText);
    if (stage.costUsd.a !== null || stage.costUsd.b !== null)
      row(`${id}: cost`, stage.costUsd, costText);
  }
  const shown = rows.map((cells) => cells.map(printable));
  const outputs = stages.flatMap(outputLine);
  return [
    ...aligned(shown),
    ...(outputs.length === 0 ? [] : ["", ...outputs]),
    "",
    same.length === 0
      ? "no stage is the same in both"
      : printable(`the same in both: ${same.join(", ")}`),
  ];
}

function outputLine({ stage, outputs }: StageDifference): readonly string[] {
  if (outputs.length === 0) return [];
  const first = outputs.slice(0, 10).join(", ");
  const more = outputs.length > 10 ? ` and ${outputs.length - 10} more` : "";
  return [printable(`${stage}: other outputs of task ${first}${more}`)];
}

function timeText(ms: number | null): string {
  return ms === null ? "not ended" : durationText(ms);
}

function costText(usd: number | null): string {
  return usd === null ? "not known" : `$${usd.toFixed(4)}`;
}

function shortJson(value: Json): string {
  return shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}
