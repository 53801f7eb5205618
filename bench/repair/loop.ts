import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { openRepairs } from "../../agents/fix-loop/repairs.ts";
import { openSandboxes } from "../../agents/sandbox/sandbox.ts";
import { systemClock } from "../../core/clock.ts";
import type { Fixer } from "../../core/fixer.ts";
import type { RepairOrder, RepairOutcome } from "../../core/repairs.ts";
import type { Steps } from "../../core/steps.ts";
import type { BrokenProject, Runner } from "./corpus.ts";
import { writeFiles } from "./project-folder.ts";
import { linkPackages, packagesOf } from "./test-runners.ts";

/** Runs the fix loop of agents on projects of the corpus, one after the other, in the real sandbox. */
export interface CorpusLoop extends Disposable {
  /** Writes the project into a folder that has its test runner installed; answers that folder. */
  place(project: BrokenProject): string;
  fix(folder: string, fixers: readonly Fixer[]): Promise<LoopEnd>;
}

export interface LoopEnd {
  readonly outcome: RepairOutcome;
  /** Why candidates were refused, by their descriptions. */
  readonly refused: ReadonlyMap<string, string>;
}

export function openCorpusLoop(): CorpusLoop {
  const parent = mkdtempSync(join(tmpdir(), "cascade-repair-"));
  const logger = pino({ level: "silent" });
  const sandboxes = openSandboxes({ backend: "bubblewrap", env: process.env, logger });
  const { signal } = new AbortController();
  let count = 0;
  return {
    place(project) {
      const folder = folderFor(parent, project.runner);
      for (const name of readdirSync(folder)) {
        if (name !== "node_modules") rmSync(join(folder, name), { recursive: true });
      }
      writeFiles(folder, project.files);
      return folder;
    },
    async fix(path, fixers) {
      count += 1;
      const name = `loop-${count}`;
      const runFolder = join(parent, name);
      const sandbox = await sandboxes.forTask(signal);
      const refused = new Map<string, string>();
      const listening = pino({ level: "info" }, { write: (line) => noteRefusal(line, refused) });
      const task = { name, runFolder, steps: UNRECORDED, logger: listening };
      const repairs = openRepairs({ sandbox, fixers, clock: systemClock }, task);
      try {
        return { outcome: await repairs.fix({ ...ORDER, path }, signal), refused };
      } finally {
        rmSync(runFolder, { recursive: true, force: true });
      }
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

function noteRefusal(line: string, refused: Map<string, string>): void {
  const { event, description, why } = JSON.parse(line) as Record<string, unknown>;
  if (event === "fix.refused") refused.set(String(description), String(why));
}

const UNRECORDED: Steps = { once: (_, work) => work() };

const ORDER: Omit<RepairOrder, "path"> = {
  ...{ tests: [], autoFix: true, maxIterations: 1, escalateAfter: 1 },
  ...{ regressionCheck: true, networkDisabled: true, apply: "none" as const },
};

/** With what the runner needs, which takes too long to be copied for each project. */
function folderFor(parent: string, runner: Runner): string {
  const folder = join(parent, runner);
  if (existsSync(folder)) return folder;
  mkdirSync(folder);
  const packages = packagesOf(runner);
  if (packages !== undefined) linkPackages(packages, folder);
  return folder;
}
