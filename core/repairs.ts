import type { JsonObject } from "./json.ts";
import type { SandboxEnforcement } from "./sandbox.ts";

/** Runs the test suites of projects in the sandbox and looks for fixes of what fails. */
export interface Repairs {
  /**
   * Runs a suite, without fixing anything.
   * @throws SwarmError `sandbox-unavailable`, `tests-unreadable`, `path-not-found`, `invalid-input`, `limit-exceeded`
   */
  test(order: PatchedTestOrder, signal: AbortSignal): Promise<TestOutcome>;
  /**
   * Runs a suite, and changes the sources until its failing tests pass or nothing more can be tried. The project itself is changed
   * only as `apply` says, and only by fixes that our own run of the tests confirmed.
   * @throws SwarmError as `test` does; `not-supported` when the result cannot be applied as asked
   */
  fix(order: RepairOrder, signal: AbortSignal): Promise<RepairOutcome>;
}

export interface TestOrder {
  /** Absolute path of the project. */
  readonly path: string;
  /** Names of suites, files, folders, patterns; empty: all tests. */
  readonly tests: readonly string[];
  /** Runs the tests instead of what was found out; a text is read by a shell of the sandbox. */
  readonly command?: string | readonly string[];
}

export interface PatchedTestOrder extends TestOrder {
  /** A unified diff, or the absolute path of one: the tests run with it. One that the project has already changes nothing. */
  readonly patch?: string;
}

/** With a patch, the fixes are made on top of it, and the outcome's patch holds both. */
export interface RepairOrder extends PatchedTestOrder {
  /** False: failing tests are only reproduced. */
  readonly autoFix: boolean;
  /** Attempts for one group of failing tests. */
  readonly maxIterations: number;
  /** Attempts after which a person is asked; the smaller of the two numbers holds. */
  readonly escalateAfter: number;
  /** False: only the tests that failed are run against a fix. */
  readonly regressionCheck: boolean;
  /** The sandbox never has a network, so false changes nothing; the outcome says so. */
  readonly networkDisabled: boolean;
  /** `none`: the fixes are a patch. `branch`: also commits on a new branch. `apply`: also written into the project's files. */
  readonly apply: "none" | "branch" | "apply";
  /** What the person wants, for fixers that read. */
  readonly task?: string;
}

/** How many tests there are, by how they ended. */
export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Those that ended both ways; they count as neither passed nor failed. */
  readonly flaky: readonly string[];
}

/** A test that failed in every run, shortened for people and models. */
export interface FailedTest {
  readonly id: string;
  readonly file?: string;
  readonly message: string;
}

export interface TestOutcome {
  readonly adapter: string;
  readonly counts: TestCounts;
  readonly failures: readonly FailedTest[];
  readonly enforcement: SandboxEnforcement;
  /** What was left out of the run or ignored, and why. */
  readonly notes: readonly string[];
}

export interface RepairOutcome {
  readonly status: "passed" | "fixed" | "partly-fixed" | "escalated" | "no-tests";
  readonly adapter: string;
  readonly baseline: TestCounts;
  readonly after: TestCounts;
  readonly fixes: readonly AcceptedFix[];
  readonly escalations: readonly Escalation[];
  /** The patch that was given and all fixes, as one unified diff; "" without any. */
  readonly patch: string;
  /** The branch with one commit for each fix: of the project with `apply: branch`, else of `repository`. */
  readonly branch?: string;
  /** Absolute path of the private repository that holds the fixes; absent without any. */
  readonly repository?: string;
  readonly enforcement: SandboxEnforcement;
  readonly notes: readonly string[];
}

export interface AcceptedFix {
  /** The tests that failed and pass with it. */
  readonly tests: readonly string[];
  readonly description: string;
  readonly fixer: string;
  /** Calls of fixers that it took. */
  readonly attempts: number;
  /** Candidates that were looked at, this one included. */
  readonly candidates: number;
  readonly patch: string;
  readonly commit: string;
  readonly costUsd: number | null;
  /** What our own runs said before and after. See `docs/fix-loop.md`. */
  readonly evidence: JsonObject;
}

/** A test that goes on failing, for a person, with all that was found out. */
export interface Escalation {
  readonly test: string;
  readonly file?: string;
  readonly message: string;
  readonly suspects: readonly string[];
  /** Why nothing more is tried. */
  readonly reason: string;
  readonly tried: readonly {
    readonly description: string;
    readonly fixer: string;
    readonly why: string;
  }[];
}
