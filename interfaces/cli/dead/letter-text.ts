import type { DeadLetter } from "../../../coordinator/client.ts";
import type { ErrorRecord } from "../../../core/errors.ts";
import { ageText } from "../runs/time-text.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";

/** One line a letter. Pure. */
export function listLines(letters: readonly DeadLetter[], nowMs: number): readonly string[] {
  if (letters.length === 0) return ["no dead letters"];
  const rows = letters.map((letter) => [
    String(letter.sequence),
    letter.kind,
    ageText(letter.atMs, nowMs),
    subjectOf(letter),
    reasonOf(letter),
  ]);
  return aligned(
    [["number", "kind", "since", "of", "why"], ...rows].map((row) => row.map(printable)),
  );
}

/** One of them, for a person. Pure. */
export function letterLines(letter: DeadLetter): readonly string[] {
  const head = `${letter.kind} ${subjectOf(letter)}, ${new Date(letter.atMs).toISOString()}`;
  if (letter.kind === "unreadable") return [head, `  ${letter.why}`];
  const { error } = letter.kind === "task" ? letter.task : letter.job;
  return [
    head,
    `  ${error.code}: ${error.message}`,
    ...(error.hint === undefined ? [] : [`  ${error.hint}`]),
    ...(letter.kind === "job" ? [`  job  ${jobText(letter.job.job)}`] : taskLines(letter.task)),
  ];
}

/** The same for programs. */
export function letterJson(letter: DeadLetter): object {
  const { sequence, atMs, kind } = letter;
  const about = { number: sequence, kind, since: new Date(atMs).toISOString() };
  if (letter.kind === "unreadable") return { ...about, why: letter.why };
  if (letter.kind === "job") {
    const { error, job } = letter.job;
    return { ...about, queue: letter.queue, error, job: jobText(job) };
  }
  const { run, stage, index, attempt, error } = letter.task;
  return { ...about, run, stage, index, attempt, error };
}

function subjectOf(letter: DeadLetter): string {
  if (letter.kind === "job") return `queue ${letter.queue}`;
  if (letter.kind === "unreadable") return "";
  const { run, stage, index } = letter.task;
  return `${run}/${stage}/${index}`;
}

function reasonOf(letter: DeadLetter): string {
  if (letter.kind === "unreadable") return letter.why;
  const error: ErrorRecord = letter.kind === "task" ? letter.task.error : letter.job.error;
  return `${error.code}: ${error.message}`;
}

function taskLines({ attempt, run }: Extract<DeadLetter, { kind: "task" }>["task"]): string[] {
  return [`  after attempt ${attempt}; runs show ${run} says more`];
}

/** The bytes of a job as they came; what is no text is replaced. */
function jobText(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
