import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Client } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import { EXIT } from "../exit-code.ts";
import { writeRunFile } from "./run-file.ts";

/** Writes the history of a run to standard output, or to a file that is not there yet. */
export async function exportRun(
  client: Client,
  run: RunId,
  to: { readonly file: string | undefined; readonly directory: string },
  signal: AbortSignal,
): Promise<number> {
  const events = await client.history(run, signal);
  const [first] = events;
  if (first === undefined) throw new SwarmError("unknown-run", `nothing is stored of ${run}`);
  const text = writeRunFile({ run, events, plan: await client.planOf(first) });
  if (to.file === undefined) {
    process.stdout.write(text);
    return EXIT.ok;
  }
  try {
    await writeFile(resolve(to.directory, to.file), text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "is there already" : `cannot be written (${code})`;
    throw new SwarmError("path-unreadable", `${to.file} ${why}`, { cause: error });
  }
  process.stderr.write(`${events.length} events of ${run} are in ${to.file}\n`);
  return EXIT.ok;
}
