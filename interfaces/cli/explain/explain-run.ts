import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { SwarmError } from "../../../core/errors.ts";
import { isToken, parseRunId } from "../../../core/ids.ts";
import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import { type RunFile, readRunFile } from "../runs/run-file.ts";
import { accountLines } from "./account-text.ts";
import { accountOf } from "./run-account.ts";

const ANSWER_TIMEOUT_MS = 15_000;
/** A history of 50,000 events is smaller by far. */
const MOST_FILE_BYTES = 268_435_456;

/** Says what a run waits for. @param given its id, or the path of its exported history */
export async function explainRun(
  given: string,
  { json, directory }: { readonly json: boolean; readonly directory: string },
): Promise<number> {
  const path = resolve(directory, given);
  const found = await stat(path).catch(() => undefined); // then it is taken for an id
  const isFile = found?.isFile() === true;
  if (isFile && found.size > MOST_FILE_BYTES) {
    throw new SwarmError("limit-exceeded", `${given} is larger than ${MOST_FILE_BYTES} bytes`);
  }
  const { plan, events } = isFile
    ? readRunFile(await readFile(path, "utf8"), given)
    : await storedRun(given, directory);
  const account = accountOf(plan, events);
  // A file tells of the time when it was written.
  const nowMs = isFile ? (events.at(-1)?.atMs ?? 0) : Date.now();
  const text = json
    ? JSON.stringify({ schemaVersion: 1, ...account })
    : accountLines(account, nowMs).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}

/** Whether a word that is no error code can be a run or a file. */
export async function mayBeRun(given: string, directory: string): Promise<boolean> {
  if (isToken(given) && /^r[0-9a-z]{6,}-[0-9a-z]+$/.test(given)) return true;
  const found = await stat(resolve(directory, given)).catch(() => undefined);
  return found?.isFile() === true;
}

async function storedRun(given: string, directory: string): Promise<RunFile> {
  const run = parseRunId(given);
  const client = await clientHere(directory);
  try {
    const events = await client.history(run, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    const [first] = events;
    if (first === undefined) throw new SwarmError("unknown-run", `nothing is stored of ${run}`);
    return { run, events, plan: await client.planOf(first) };
  } finally {
    await client.close();
  }
}
