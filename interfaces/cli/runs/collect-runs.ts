import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Client, FinishedRun } from "../../../coordinator/client.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import type { CollectRuns } from "./command.ts";
import { ageText } from "./time-text.ts";

const KIB = 1_024;

/** Forgets finished runs, and says which. */
export async function collectRuns(client: Client, command: CollectRuns): Promise<number> {
  const { olderThanMs, keep, mostBytes, isDryRun, files, json } = command;
  const size = mostBytes === undefined ? {} : { mostBytes };
  const collected = await client.collect({ olderThanMs, keep, isDryRun, ...size });
  const { runs, kept, open, objects, objectBytes, keys } = collected;
  const folders = files ? runs.flatMap(folderOf) : [];
  if (!isDryRun) for (const folder of folders) await rm(folder, { recursive: true, force: true });
  if (json) {
    const document = { schemaVersion: 1, isDryRun, ...collected, folders };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return EXIT.ok;
  }
  const verb = isDryRun ? "would be forgotten" : "forgotten";
  const rows = runs.map(({ run, status, endedAtMs, bytes }) => [
    `  ${run}`,
    status,
    ageText(endedAtMs, Date.now()),
    sizeText(bytes),
  ]);
  const lines = [
    ...aligned(rows),
    `${runs.length} runs ${verb}; ${kept} finished ones stay, and ${open} that go on or that LOG still has`,
    `${objects} objects (${sizeText(objectBytes)}) and ${keys} keys of jobs ${verb}`,
    ...(files ? [`${folders.length} folders ${isDryRun ? "would be removed" : "removed"}`] : []),
  ];
  process.stdout.write(`${lines.map(printable).join("\n")}\n`);
  return EXIT.ok;
}

/** Where a run's files are, when that is on this host. */
function folderOf({ run, host, directory }: FinishedRun): readonly string[] {
  return host === hostname() && directory !== undefined
    ? [join(directory, ".cascade/runs", run)]
    : [];
}

function sizeText(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < KIB * KIB) return `${(bytes / KIB).toFixed(1)} KiB`;
  return `${(bytes / KIB / KIB).toFixed(1)} MiB`;
}
