import type { Suspect } from "./evidence.ts";
import type { Failure, FailureKind } from "./failures.ts";

/** `type`, so that it is plain JSON. */
export type Hypothesis = {
  readonly file: string;
  readonly line: number;
  readonly cause: string;
  /** How much speaks for it; only to be compared with others of the same failure. */
  readonly weight: number;
  readonly reasons: readonly string[];
};

interface Reason {
  readonly points: number;
  readonly text: string;
}

const DAY_S = 86_400;

/** What may be the cause, the likeliest first, each with what speaks for it. Pure. */
export function rank(
  suspects: readonly Suspect[],
  failure: Failure | undefined,
  nowS: number,
): Hypothesis[] {
  return suspects
    .map((suspect) => {
      const reasons = reasonsFor(suspect, nowS);
      return {
        file: suspect.file,
        line: suspect.line,
        cause: causeOf(suspect, failure),
        weight: reasons.reduce((sum, { points }) => sum + points, 0),
        reasons: reasons.map(({ text }) => text),
      };
    })
    .sort((a, b) => b.weight - a.weight);
}

function reasonsFor(suspect: Suspect, nowS: number): Reason[] {
  const { depth, change, oddities, named, isTest, found } = suspect;
  const ageDays = change === undefined ? undefined : Math.max(0, (nowS - change.timeS) / DAY_S);
  return [
    ...(depth === undefined
      ? []
      : [
          {
            points: Math.max(1, 10 - 2 * depth),
            text: depth === 0 ? "it failed here" : "it is on the way to where it failed",
          },
        ]),
    ...(found === undefined
      ? []
      : [
          {
            points: found === "holds the message" ? 7 : 3,
            text: `it ${found === "holds the message" ? found : `is ${found}`}`,
          },
        ]),
    ...(named.length === 0
      ? []
      : [{ points: 3, text: `the message names ${named.join(", ")}, which stands in the line` }]),
    ...(ageDays === undefined || ageDays > 30
      ? []
      : [
          {
            points: ageDays <= 7 ? 3 : 2,
            text: `changed ${Math.round(ageDays)} days ago by ${change?.commit}`,
          },
        ]),
    ...oddities.map(({ message, line }) => ({ points: 2, text: `line ${line}: ${message}` })),
    ...(isTest
      ? [{ points: -6, text: "it is a test, which shows a failure more often than it causes one" }]
      : []),
  ];
}

const CAUSES: Readonly<Record<FailureKind, string>> = {
  "missing-value": "a value that is not there is used",
  "not-a-function": "something is called that is no function, or has not the method",
  "unknown-name": "a name is used that nothing declares",
  "missing-module": "a module is imported that is not there, or does not export the name",
  "missing-file": "a file is used that does not exist",
  "no-permission": "something is done without the right to do it",
  "no-connection": "what is connected to does not answer",
  timeout: "something takes longer than it may",
  assertion: "what is answered differs from what is expected",
  "wrong-type": "a value has another type than the code takes",
  "out-of-range": "a number or index lies outside of what is allowed",
  "unreadable-data": "data has not the form that is read",
  "out-of-memory": "more memory is used than there is",
  "endless-recursion": "a function calls itself without an end",
  other: "it fails",
};

function causeOf(
  { file, line, function: around, named }: Suspect,
  failure: Failure | undefined,
): string {
  const what = failure === undefined ? "it fails" : CAUSES[failure.kind];
  const where = around === undefined ? "" : ` in ${around.name}`;
  const about = named.length === 0 ? "" : ` (${named.join(", ")})`;
  return `${what}${about} at ${file}:${line}${where}${failure === undefined ? "" : `: ${failure.message}`}`;
}
