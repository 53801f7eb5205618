import type { Sandbox, SandboxLimits, SandboxMount } from "../../core/sandbox.ts";
import { installedPackages } from "../testing/installed-packages.ts";
import type { ProjectFiles, TestRunner } from "../testing/test-adapter.ts";
import { listTests, runTests } from "../testing/test-box.ts";
import type { TestRun } from "../testing/test-run.ts";
import type { Workspace } from "../workspaces/workspace.ts";

/** Runs the tests of a project on any of its trees, each time in a box of its own. */
export interface TestBench {
  readonly adapter: string;
  /** Test files that the runner's conventions name. */
  readonly testFiles: readonly string[];
  readonly notes: readonly string[];
  /** @param files undefined: all that were chosen */
  run(tree: string, files: readonly string[] | undefined, signal: AbortSignal): Promise<TestRun>;
  /** How many tests each file has, at least; undefined when the runner cannot tell. */
  list(tree: string, signal: AbortSignal): Promise<ReadonlyMap<string, number> | undefined>;
  /** Runs of later trees may take a few times as long as this one. */
  expect(durationMs: number): void;
}

const FIRST_RUN_MS = 900_000;
const LEAST_RUN_MS = 10_000;
const SLOWER = 5;
const LIMITS: Partial<SandboxLimits> = {
  memoryBytes: 4_294_967_296,
  processes: 512,
  outputBytes: 33_554_432,
  fileBytes: 268_435_456,
};

export async function openTestBench(given: {
  readonly sandbox: Sandbox;
  readonly workspace: Workspace;
  readonly runner: TestRunner;
  /** Undefined: all tests. */
  readonly chosen: readonly string[] | undefined;
}): Promise<TestBench> {
  const { sandbox, workspace, runner, chosen } = given;
  const { mounts, refused } = await installedPackages(workspace.project, workspace.paths);
  const packages: readonly SandboxMount[] = mounts;
  let wallMs = FIRST_RUN_MS;
  return {
    adapter: runner.adapter,
    testFiles: runner.testFiles ?? [],
    notes: refused,
    expect(durationMs) {
      wallMs = Math.min(FIRST_RUN_MS, Math.max(LEAST_RUN_MS, SLOWER * durationMs));
    },
    async list(tree, signal) {
      return listTests(sandbox, runner, await orderOf(tree, chosen), signal);
    },
    async run(tree, files, signal) {
      return runTests(sandbox, runner, await orderOf(tree, files ?? chosen), signal);
    },
  };

  async function orderOf(tree: string, files: readonly string[] | undefined) {
    const limits = { ...LIMITS, wallMs, cpuSeconds: Math.ceil(wallMs / 250) };
    return { tree: await workspace.archive(tree), packages, files, limits };
  }
}

/** Of a workspace, what finding its test runner needs. */
export function projectFilesOf(workspace: Workspace): ProjectFiles {
  return {
    root: workspace.project,
    paths: workspace.paths,
    read: (path) => workspace.read(path),
  };
}
