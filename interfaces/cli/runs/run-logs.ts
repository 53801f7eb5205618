import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";

const LOG_FOLDER = ".cascade/logs";
const LEVEL_WIDTH = 5;

/**
 * Prints the lines that the processes of the swarm here wrote about a run, oldest first.
 * @throws SwarmError `unknown-run` when the log files have none
 */
export async function printLogs(
  run: RunId,
  { json, directory }: { readonly json: boolean; readonly directory: string },
): Promise<number> {
  let printed = 0;
  for await (const line of linesAbout(run, join(directory, LOG_FOLDER))) {
    process.stdout.write(`${json ? line.text : printable(lineText(line.fields))}\n`);
    printed += 1;
  }
  if (printed > 0) return EXIT.ok;
  throw new SwarmError("unknown-run", `no log line here is about ${run}`, {
    hint: `${LOG_FOLDER} has what a live view hid; a swarm with --logs or without a terminal wrote its lines to its output`,
  });
}

interface LogLine {
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

async function* linesAbout(run: RunId, folder: string): AsyncGenerator<LogLine> {
  for (const name of await logFiles(folder)) {
    const input = createReadStream(join(folder, name), "utf8");
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (!text.includes(run)) continue;
      const fields = fieldsIn(text);
      if (fields?.["runId"] === run) yield { text, fields };
    }
  }
}

/** Oldest first: of a day, the former half is called `.1`. */
async function logFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names.filter((name) => name.endsWith(".ndjson")).sort();
}

/** Undefined for a line that was cut when its process was killed. */
function fieldsIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function lineText({ time, level, service, event, msg, ...rest }: LogLine["fields"]): string {
  const { runId: _, pid: __, hostname: ___, ...shown } = rest;
  const more = Object.entries(shown).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const what = [event, msg].filter((word) => word !== undefined).join(": ");
  return [String(time), String(level).padEnd(LEVEL_WIDTH), service, what, ...more].join(" ");
}
