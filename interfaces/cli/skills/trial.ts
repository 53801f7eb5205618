import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { SwarmError } from "../../../core/errors.ts";
import {
  ALLOWANCE_VARIABLE,
  allowanceAsText,
  type SkillAllowance,
} from "../../../core/skill-allowance.ts";
import { TRIAL_DESCRIPTOR, type TrialEnd, type TrialOrder } from "../../../core/skill-trial.ts";

const PROGRAM = fileURLToPath(new URL("../../../agents/try-skill.ts", import.meta.url));
/** Lines of the log that are kept. */
const LINES_KEPT = 40;

export interface TrialOptions {
  readonly directory: string;
  readonly allowance: SkillAllowance;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Trials {
  /** In the order of the trials; fewer when the process died. */
  readonly ends: readonly TrialEnd[];
  /** The last lines that the skill and its surroundings wrote. */
  readonly lines: readonly string[];
}

/** Runs a skill in a process of its own, as an agent does. @throws SwarmError when that cannot be started */
export async function runTrials(order: TrialOrder, options: TrialOptions): Promise<Trials> {
  const { directory, allowance, env } = options;
  const child = spawn(process.execPath, [PROGRAM], {
    cwd: directory,
    env: { ...env, INIT_CWD: directory, [ALLOWANCE_VARIABLE]: allowanceAsText(allowance) },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const ends: TrialEnd[] = [];
  const lines: string[] = [];
  const note = (line: string): void => {
    lines.push(wordsOf(line));
    if (lines.length > LINES_KEPT) lines.shift();
  };
  createInterface({ input: child.stdio[TRIAL_DESCRIPTOR] as Readable }).on("line", (line) => {
    ends.push(JSON.parse(line) as TrialEnd);
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", note);
  }
  child.stdin.on("error", () => {}); // it died: its end tells
  child.stdin.write(`${JSON.stringify(order)}\n`); // stays open: it ends with us
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", (error) =>
    reject(new SwarmError("internal", `cannot start ${PROGRAM}: ${error.message}`)),
  );
  child.once("close", () => resolve());
  await promise;
  return { ends, lines };
}

/** Of a log line what a person reads. */
function wordsOf(line: string): string {
  if (!line.startsWith("{")) return line;
  try {
    const { event, line: said, msg } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    return String(said ?? msg ?? event ?? line);
  } catch {
    return line;
  }
}
