import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Fixer } from "../../core/fixer.ts";
import { refuseOver } from "../../core/limits.ts";
import type { RepairOrder, Repairs, TestOutcome } from "../../core/repairs.ts";
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
      if (order.patch !== undefined) await applyTo(workspace, order.patch);
      const bench = await openProjectTests(order, { sandbox, workspace });
      const at = { tree: workspace.headTree, steps: task.steps };
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
      if (order.patch !== undefined) await applyTo(workspace, order.patch);
      refuseWithoutPatch(workspace, order.apply);
      const { steps, logger } = task;
      return await runFixLoop(order, { workspace, sandbox, fixers, steps, logger, branch }, signal);
    },
  };
}

/** Everything after is about the project with the patch: its tests are found among its files, too. */
async function applyTo(workspace: Workspace, patch: string): Promise<void> {
  const tree = await workspace.treeWithPatch(await patchOf(patch));
  if (tree === workspace.baseTree) return; // the project has it already
  await workspace.commit(tree, "The patch that is given\n");
}

/** @throws SwarmError `not-supported` when fixes on top of a patch are to be handed over without it */
function refuseWithoutPatch(workspace: Workspace, apply: RepairOrder["apply"]): void {
  if (apply === "none" || workspace.headTree === workspace.baseTree) return;
  throw new SwarmError("not-supported", "fixes on top of a patch are handed over as a patch only", {
    hint: "leave out `apply`, and take the output `patch`, which holds both",
  });
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
