import type { Client, RunEnds } from "../../../coordinator/client.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import type { ListRuns } from "./command.ts";
import { endOf } from "./run-story.ts";
import { ageText, durationText } from "./time-text.ts";

/** Prints the newest runs, the newest first. */
export async function listRuns(
  client: Client,
  { limit, status, json }: ListRuns,
  signal: AbortSignal,
): Promise<number> {
  const found: RunEnds[] = [];
  for await (const ends of client.runs(signal)) {
    if (status !== undefined && endOf(ends.last).status !== status) continue;
    if (found.push(ends) === limit) break;
  }
  const nowMs = Date.now();
  const text = json
    ? JSON.stringify({ schemaVersion: 1, runs: found.map((ends) => listedJson(ends)) })
    : runLines(found, nowMs).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

/** One line a run. Pure. */
export function runLines(runs: readonly RunEnds[], nowMs: number): readonly string[] {
  if (runs.length === 0) return ["no runs"];
  return aligned(
    [
      ["run", "cascade", "status", "started", "took", ""],
      ...runs.map(({ run, first, last }) => {
        const { status, endedAtMs = nowMs, error, reason } = endOf(last);
        return [
          run,
          String(first.data["cascade"]),
          status,
          ageText(first.atMs, nowMs),
          durationText(endedAtMs - first.atMs),
          error === undefined ? (reason ?? "") : error.code,
        ];
      }),
    ].map((row) => row.map(printable)),
  );
}

/** The same for programs. */
function listedJson({ run, first, last }: RunEnds): object {
  const { status, endedAtMs, error, reason } = endOf(last);
  return {
    run,
    cascade: first.data["cascade"],
    status,
    startedAt: new Date(first.atMs).toISOString(),
    endedAt: endedAtMs === undefined ? null : new Date(endedAtMs).toISOString(),
    durationMs: endedAtMs === undefined ? null : endedAtMs - first.atMs,
    error: error ?? null,
    ...(reason === undefined ? {} : { reason }),
  };
}
