import { decodeMessage, type Job, job as jobSchema } from "../../../bus/messages.ts";
import type { Client, DeadLetter, DeadLetters } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { RunId } from "../../../core/ids.ts";

/**
 * Sends the job of a letter again, or reruns the run of its task, and forgets the letters that this settles.
 * @returns the run that begins, and the numbers of the letters
 * @throws SwarmError `unknown-letter`, or as the submit
 */
export async function retryLetter(
  client: Client,
  letters: DeadLetters,
  number: number,
): Promise<{ readonly run: RunId; readonly dropped: readonly number[] }> {
  const letter = await letters.get(number);
  const job = await jobOf(client, letter);
  // The same letter never makes a second run, however often it is tried and whatever is lost on the way.
  const { runId } = await client.submit({
    ...job,
    key: `dead-letter-${letter.atMs}-${letter.sequence}`,
  });
  return { run: runId, dropped: await dropSettled(letters, letter) };
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
