import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Fixer } from "../../core/fixer.ts";
import { refuseOver } from "../../core/limits.ts";
import type { Repairs, TestOutcome } from "../../core/repairs.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Steps } from "../../core/steps.ts";
import { countsOf } from "../testing/compare-runs.ts";
import { openWorkspace, type Workspace } from "../workspaces/workspace.ts";
import { runFixLoop } from "./fix-run.ts";
import { openProjectTests, reproduce } from "./project-tests.ts";

export interface RepairParts {
  readonly sandbox: Sandbox;
  /** The cheapest first. */
  readonly fixers: readonly Fixer[];
  readonly clock: Clock;
}

/** The task that repairs are made for. */
export interface RepairTask {
  /** Unique among the tasks of the run, letters, digits and hyphens: names the branch and the private repository. */
  readonly name: string;
  /** Of the run: absolute. */
  readonly runFolder: string;
  readonly steps: Steps;
  readonly logger: Logger;
}

/** What a skill of the lane `sandbox` gets to run tests and to look for fixes. */
export function openRepairs(parts: RepairParts, task: RepairTask): Repairs {
  const { sandbox, fixers } = parts;
  const branch = `cascade/fix-${task.name}`;
  const workspaceOf = (project: string, signal: AbortSignal): Promise<Workspace> =>
    openWorkspace(
      {
        project,
        repository: join(task.runFolder, `fixes-${task.name}.git`),
        branch,
        steps: task.steps,
        nowMs: parts.clock.wallMs(),
      },
      signal,
    );
  return {
    async test(order, signal) {
      await using workspace = await workspaceOf(order.path, signal);
      const bench = await openProjectTests(order, { sandbox, workspace });
      const patch = order.patch === undefined ? undefined : await patchOf(order.patch);
      const tree = patch === undefined ? workspace.baseTree : await workspace.treeWithPatch(patch);
      const at = { tree, steps: task.steps };
      const { cases, failing, flaky } = await reproduce(bench, at, signal);
      const failures = failing.flatMap((id) => {
        const { file, message = "" } = cases.get(id) ?? {};
        return [{ id, ...(file === undefined ? {} : { file }), message }];
      });
      const outcome: TestOutcome = {
        adapter: bench.adapter,
        counts: countsOf(cases, flaky),
        failures,
        enforcement: sandbox.enforcement,
        notes: [...workspace.notes, ...bench.notes],
      };
      return outcome;
    },
    async fix(order, signal) {
      await using workspace = await workspaceOf(order.path, signal);
      const { steps, logger } = task;
      return await runFixLoop(order, { workspace, sandbox, fixers, steps, logger, branch }, signal);
    },
  };
}

/** A patch as it is, or read from the file that is named. */
async function patchOf(given: string): Promise<string> {
  if (!isAbsolute(given) || given.includes("\n")) return given;
  try {
    const { size } = await stat(given);
    refuseOver("patchBytes", size);
    return await readFile(given, "utf8");
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    throw new SwarmError("path-not-found", `${given} is to be a patch and cannot be read`, {
      cause: error,
    });
  }
}
