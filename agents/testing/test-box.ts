import type { Sandbox, SandboxEnd, SandboxLimits, SandboxMount } from "../../core/sandbox.ts";
import { BOX, plainText } from "./box-paths.ts";
import type { TestRunner } from "./test-adapter.ts";
import type { TestCase, TestRun } from "./test-run.ts";

/** A tree to run tests on. Nothing of it is written back: the box has no path of this machine that can be written. */
export interface TestBoxOrder {
  /** The project's files as a tar archive. */
  readonly tree: Uint8Array;
  /** Folders of installed packages, read-only. */
  readonly packages: readonly SandboxMount[];
  /** Relative; undefined: all tests. */
  readonly files: readonly string[] | undefined;
  readonly limits: Partial<SandboxLimits> & { readonly wallMs: number };
}

const BOX_BYTES = 1_073_741_824;
const REPORT = `${BOX.reports}/tests`;

/** Unpacks, runs the tests without the descriptor of the report, then hands over the report and the exit code. */
const SCRIPT = `cd ${BOX.project} && tar -xf - && mkdir -p ${BOX.reports} || exit 125
"$@" 3>&- </dev/null
code=$?
if [ -f ${REPORT} ]; then cat ${REPORT} >&3; fi
exit $code`;

/**
 * Runs tests once, in a fresh box, and reads what the runner reports. The report is taken only when it and the way the program ended agree.
 * @throws SwarmError `sandbox-unavailable`; the reason of an aborted signal
 */
export async function runTests(
  sandbox: Sandbox,
  runner: TestRunner,
  order: TestBoxOrder,
  signal: AbortSignal,
): Promise<TestRun> {
  const argv = runner.argv(order.files, REPORT);
  return readEnd(runner, await endOf(sandbox, runner, { ...order, argv }, signal));
}

/**
 * How many tests the runner says that each file has, at least; undefined when it cannot tell, as with a file that does not load.
 * @throws SwarmError `sandbox-unavailable`; the reason of an aborted signal
 */
export async function listTests(
  sandbox: Sandbox,
  runner: TestRunner,
  order: TestBoxOrder,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (runner.listing === undefined) return undefined;
  const argv = runner.listing.argv(order.files, REPORT);
  const end = await endOf(sandbox, runner, { ...order, argv }, signal);
  if (end.status === "killed" || end.code !== 0) return undefined;
  let files: readonly string[];
  try {
    files = runner.listing.read(Buffer.from(end.report).toString("utf8"), end.stdout);
  } catch {
    return undefined; // what the report holds is checked without it
  }
  const counts = new Map<string, number>();
  for (const file of files) counts.set(file, (counts.get(file) ?? 0) + 1);
  return counts;
}

function endOf(
  sandbox: Sandbox,
  runner: TestRunner,
  order: TestBoxOrder & { readonly argv: readonly string[] },
  signal: AbortSignal,
): Promise<SandboxEnd> {
  return sandbox.run(
    {
      argv: ["/bin/sh", "-c", SCRIPT, "sh", ...order.argv],
      cwd: "/",
      mounts: [
        { kind: "scratch", target: BOX.project, bytes: BOX_BYTES },
        ...runner.mounts,
        ...order.packages,
      ],
      env: { ...runner.env, CASCADE_TEST_REPORT: REPORT },
      input: order.tree,
      limits: order.limits,
    },
    signal,
  );
}

function readEnd(runner: TestRunner, end: SandboxEnd): TestRun {
  const { durationMs } = end;
  const unreadable = (why: string): TestRun => ({
    status: "unreadable",
    why,
    output: lastLines(`${end.stdout}\n${end.stderr}`),
    durationMs,
  });
  if (end.status === "killed") {
    return unreadable(`the tests were ended by ${end.signal} (${end.why})`);
  }
  if (end.cut.includes("report")) return unreadable("the report of the tests is too long");
  let cases: readonly TestCase[];
  try {
    cases = runner.read(Buffer.from(end.report).toString("utf8"), end.stdout);
  } catch (error) {
    const why = `the tests left no report that can be read: ${(error as Error).message}`;
    return unreadable(`${why} (exit code ${end.code})`);
  }
  const byId = new Map(cases.map((each) => [each.id, each]));
  const failed = cases.filter(({ status }) => status === "failed").length;
  if (failed === 0 && end.code !== 0 && cases.length > 0) {
    return unreadable(`the report names no failure, but the program ended with ${end.code}`);
  }
  if (failed > 0 && end.code === 0) {
    return unreadable(`the report names ${failed} failures, but the program ended with 0`);
  }
  return { status: "reported", cases: byId, durationMs };
}

const LINES = 40;

function lastLines(text: string): string {
  return plainText(text).trim().split("\n").slice(-LINES).join("\n");
}
