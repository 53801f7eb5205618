import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import type { Fixer } from "../../core/fixer.ts";
import type { Repairs, TestOutcome } from "../../core/repairs.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Steps } from "../../core/steps.ts";
import { countsOf } from "../testing/compare-runs.ts";
import { openWorkspace, type Workspace } from "../workspaces/workspace.ts";
import { runFixLoop } from "./fix-run.ts";
import { openProjectTests, reproduce } from "./project-tests.ts";

export interface RepairParts {
  /** @throws SwarmError `sandbox-unavailable` */
  readonly openSandbox: () => Promise<Sandbox>;
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
      const sandbox = await parts.openSandbox();
      await using workspace = await workspaceOf(order.path, signal);
      const bench = await openProjectTests(order, { sandbox, workspace });
      const at = { tree: workspace.baseTree, steps: task.steps };
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
      const sandbox = await parts.openSandbox();
      await using workspace = await workspaceOf(order.path, signal);
      const { fixers } = parts;
      const { steps, logger } = task;
      return await runFixLoop(order, { workspace, sandbox, fixers, steps, logger, branch }, signal);
    },
  };
}
