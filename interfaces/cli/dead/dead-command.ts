import { decodeMessage, type Job, job as jobSchema } from "../../../bus/messages.ts";
import type { Client, DeadLetter, DeadLetters } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";
import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import type { DeadCommand } from "./command.ts";
import { letterJson, letterLines, listLines } from "./letter-text.ts";

/** Shows what could not be carried out, tries it again, or forgets it. */
export async function runDead(
  command: DeadCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  await using client = await clientHere(directory);
  const letters = await client.deadLetters();
  switch (command.action) {
    case "ls":
      return await list(letters, command);
    case "show": {
      const letter = await letters.get(command.letter);
      return tell(command, letterJson(letter), letterLines(letter));
    }
    case "drop":
      await letters.drop(command.letter);
      return tell(command, { dropped: [command.letter] }, [`dropped  ${command.letter}`]);
    case "retry":
      return await retry(client, letters, command);
    default:
      return command satisfies never;
  }
}

async function list(
  letters: DeadLetters,
  command: Extract<DeadCommand, { readonly action: "ls" }>,
): Promise<number> {
  const found: DeadLetter[] = [];
  for await (const letter of letters.all()) {
    if (found.push(letter) === command.limit) break;
  }
  const document = { schemaVersion: 1, letters: found.map(letterJson) };
  return tell(command, document, listLines(found, Date.now()));
}

async function retry(
  client: Client,
  letters: DeadLetters,
  command: DeadCommand & { readonly letter: number },
): Promise<number> {
  const letter = await letters.get(command.letter);
  const job = await jobOf(client, letter);
  // The same letter never makes a second run, however often it is tried and whatever is lost on the way.
  const { runId } = await client.submit({
    ...job,
    key: `dead-letter-${letter.atMs}-${letter.sequence}`,
  });
  const dropped = await dropSettled(letters, letter);
  const words = [`again    ${runId}`, ...dropped.map((number) => `dropped  ${number}`)];
  return tell(command, { run: runId, dropped }, words);
}

/** @throws SwarmError `invalid-job` for a job that is none, as it came */
async function jobOf(client: Client, letter: DeadLetter): Promise<Job> {
  switch (letter.kind) {
    case "job":
      return decodeMessage(jobSchema, Buffer.from(letter.job.job, "base64"), "invalid-job");
    case "task": {
      const { run } = letter.task;
      const started = await client.started(run, AbortSignal.timeout(READ_TIMEOUT_MS));
      return { cascade: String(started.data["cascade"]), rerun: { run } };
    }
    case "unreadable":
      throw new SwarmError("record-corrupt", `letter ${letter.sequence}: ${letter.why}`);
    default:
      return letter satisfies never;
  }
}

const READ_TIMEOUT_MS = 10_000;

/** A run that is begun again settles the letters of all its tasks. */
async function dropSettled(letters: DeadLetters, done: DeadLetter): Promise<readonly number[]> {
  const run: RunId | undefined = done.kind === "task" ? done.task.run : undefined;
  const dropped: number[] = [];
  for await (const letter of letters.all()) {
    const isSame = letter.kind === "task" && letter.task.run === run;
    if (letter.sequence !== done.sequence && !isSame) continue;
    await letters.drop(letter.sequence);
    dropped.push(letter.sequence);
  }
  return dropped;
}

function tell({ json }: DeadCommand, document: object, lines: readonly string[]): number {
  const text = json ? JSON.stringify(document) : lines.map(printable).join("\n");
  process.stdout.write(`${text}\n`);
  return EXIT.ok;
}
