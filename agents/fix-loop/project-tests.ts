import { SwarmError } from "../../core/errors.ts";
import type { TestOrder } from "../../core/repairs.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Steps } from "../../core/steps.ts";
import { type Baseline, baselineOf, unreportedTests } from "../testing/compare-runs.ts";
import { openRunner } from "../testing/open-runner.ts";
import type { TestRun } from "../testing/test-run.ts";
import { selectTests } from "../testing/test-selection.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import { caseFrom, type RecordedCase, recordedCase } from "./recorded-run.ts";
import { openTestBench, projectFilesOf, type TestBench } from "./test-bench.ts";

/** Finds the test runner of a project and which of its tests are meant. @throws SwarmError `nothing-to-do`, `invalid-input` */
export async function openProjectTests(
  order: TestOrder,
  parts: { readonly sandbox: Sandbox; readonly workspace: Workspace },
): Promise<TestBench> {
  const runner = await openRunner(projectFilesOf(parts.workspace), order.command);
  const chosen = selectTests(order.tests, runner.testFiles);
  return openTestBench({ ...parts, runner, chosen });
}

/** What the tests say of the project as it is. */
export interface Reproduction extends Baseline {
  readonly durationMs: number;
  readonly runs: number;
}

/**
 * Runs the tests, and those that fail once more: a test is failing when it fails each time, and flaky when it does not.
 * @throws SwarmError `tests-unreadable` when a run leaves no report, for then nothing is known of any test
 */
export async function reproduce(
  bench: TestBench,
  { tree, steps }: { readonly tree: string; readonly steps: Steps },
  signal: AbortSignal,
): Promise<Reproduction> {
  const recorded = await steps.once(`baseline:${tree.slice(0, 16)}`, async () => {
    const { cases, failing, flaky, durationMs, runs } = await runTwice(bench, tree, signal);
    const all: readonly RecordedCase[] = [...cases.values()].map(recordedCase);
    return { cases: all, failing, flaky, durationMs, runs };
  });
  bench.expect(recorded.durationMs);
  const cases = new Map(recorded.cases.map((each) => [each.id, caseFrom(each)]));
  return { ...recorded, cases };
}

async function runTwice(
  bench: TestBench,
  tree: string,
  signal: AbortSignal,
): Promise<Reproduction> {
  const listed = await bench.list(tree, signal);
  const first = reported(await bench.run(tree, undefined, signal));
  if (listed !== undefined) refuseUnreported(unreportedTests(listed, first.cases));
  const { durationMs } = first;
  const failed = [...first.cases.values()].filter(({ status }) => status === "failed");
  if (failed.length === 0) return { ...baselineOf(first.cases, []), durationMs, runs: 1 };
  bench.expect(durationMs);
  const names = failed.map(({ file }) => file);
  const files = names.every((file) => file !== undefined) ? [...new Set(names)] : undefined;
  const second = reported(await bench.run(tree, files, signal));
  const twice = baselineOf(first.cases, [second.cases]);
  if (twice.flaky.length === 0) return { ...twice, durationMs, runs: 2 };
  const third = reported(await bench.run(tree, files, signal));
  return { ...baselineOf(first.cases, [second.cases, third.cases]), durationMs, runs: 3 };
}

function refuseUnreported(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new SwarmError("tests-unreadable", `the report is not whole: ${problems.join("; ")}`, {
    hint: "a test, or the code under test, ends the program before its tests have ended",
  });
}

function reported(run: TestRun): Extract<TestRun, { readonly status: "reported" }> {
  if (run.status === "reported") return run;
  const last = run.output.split("\n").slice(-3).join(" / ");
  const message = `${run.why}${last === "" ? "" : `; its last words: ${last}`}`;
  throw new SwarmError("tests-unreadable", message, {
    hint: "the tests run without a network and without files outside of the project; docs/fix-loop.md says what they see",
  });
}
