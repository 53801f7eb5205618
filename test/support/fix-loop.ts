import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { openRepairs } from "../../agents/fix-loop/repairs.ts";
import { openSandboxes } from "../../agents/sandbox/sandbox.ts";
import { systemClock } from "../../core/clock.ts";
import type { FixCandidate, Fixer, FixRequest } from "../../core/fixer.ts";
import type { Json } from "../../core/json.ts";
import type { RepairOrder, RepairOutcome } from "../../core/repairs.ts";
import type { Steps } from "../../core/steps.ts";

/** Steps that are kept in memory, with what was done. */
export function openTestSteps(recorded = new Map<string, Json>()) {
  const done: string[] = [];
  const steps: Steps = {
    async once<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
      const earlier = recorded.get(name);
      if (earlier !== undefined) return structuredClone(earlier) as T;
      const result = await work();
      recorded.set(name, structuredClone(result));
      done.push(name);
      return result;
    },
  };
  return { steps, recorded, done };
}

/** A fixer that proposes what is written down: for each attempt a list. */
export function scriptedFixer(
  attempts: readonly (readonly (FixCandidate | FixCandidate["edits"])[])[],
  name = "scripted",
): Fixer & { readonly requests: FixRequest[] } {
  const requests: FixRequest[] = [];
  return {
    name,
    requests,
    async *candidates(request) {
      requests.push(request);
      const given = attempts[Math.min(request.attempt, attempts.length) - 1] ?? [];
      for (const each of given) {
        yield "edits" in each && typeof each["edits"] === "object"
          ? (each as FixCandidate)
          : {
              description: `edit ${Object.keys(each).join(", ")}`,
              edits: each as FixCandidate["edits"],
            };
      }
    },
  };
}

export type Files = Readonly<Record<string, string>>;

/** A project on disk, with git unless said otherwise, and a loop that can be run on it. */
export async function makeProject(files: Files, options: { readonly git?: boolean } = {}) {
  const place = await realpath(await mkdtemp(join(tmpdir(), "fix loop ")));
  const root = join(place, "project");
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
      cwd: root,
      encoding: "utf8",
    });
  if (options.git !== false) {
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message=start");
  }
  return {
    root,
    runFolder: join(place, "run"),
    git,
    [Symbol.asyncDispose]: () => rm(place, { recursive: true, force: true }),
  };
}

export type Project = Awaited<ReturnType<typeof makeProject>>;

const logger = pino({ level: process.env["FIX_LOOP_LOG"] ?? "silent" });
const sandboxes = openSandboxes({ backend: "bubblewrap", env: process.env, logger });

/** Runs the loop as an agent does, on real isolation. */
export async function runLoop(
  project: Project,
  fixers: readonly Fixer[],
  given: Partial<RepairOrder> & { readonly steps?: Steps; readonly signal?: AbortSignal } = {},
): Promise<RepairOutcome> {
  const { steps = openTestSteps().steps, signal = new AbortController().signal, ...order } = given;
  const repairs = openRepairs(
    { sandbox: await sandboxes.forTask(signal), fixers, clock: systemClock },
    {
      name: "run-1-fix-0",
      runFolder: project.runFolder,
      steps,
      logger,
    },
  );
  return repairs.fix({ ...DEFAULT_ORDER, path: project.root, ...order }, signal);
}

const DEFAULT_ORDER: Omit<RepairOrder, "path"> = {
  tests: [],
  autoFix: true,
  maxIterations: 5,
  escalateAfter: 5,
  regressionCheck: true,
  networkDisabled: true,
  apply: "none",
};
