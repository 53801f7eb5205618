import type { JsonObject } from "../../core/json.ts";
import type { Steps } from "../../core/steps.ts";
import type { TestGroup, Verdict } from "../../machines/fix-loop.ts";
import { type Cases, passesNow, regressions, signatureOf } from "../testing/compare-runs.ts";
import type { TestCase, TestRun } from "../testing/test-run.ts";
import { shortHash } from "./candidate-source.ts";
import { type CaseChanges, changesBetween } from "./recorded-run.ts";
import type { TestBench } from "./test-bench.ts";

/** What running the failing tests on a candidate came to. */
export type TestsOutcome = {
  readonly mended: readonly string[];
  readonly why: string;
  readonly signature: string;
  readonly durationMs: number;
} & JsonObject;

/** What running all tests on a candidate came to. */
export type SuiteOutcome = {
  /** "" when it holds. */
  readonly why: string;
  readonly signature: string;
  /** Against the run before the candidate. */
  readonly changes: CaseChanges;
  /** Tests that ended differently in two runs of the same tree. */
  readonly flaky: readonly string[];
  readonly runs: number;
  readonly durationMs: number;
} & JsonObject;

const NAMED = 5;

/** Runs the tests against candidates. Each outcome is recorded, so that another attempt of the task does not run them again. */
export class Verification {
  readonly #bench: TestBench;
  readonly #steps: Steps;

  constructor(bench: TestBench, steps: Steps) {
    this.#bench = bench;
    this.#steps = steps;
  }

  /** Runs the files of the failing tests; all of them must pass, a missing one fails. */
  tests(
    order: {
      readonly tree: string;
      readonly group: readonly TestCase[];
      /** False: of many cheap candidates, whose outcomes would be too many to record. */
      readonly isRecorded: boolean;
    },
    signal: AbortSignal,
  ): Promise<TestsOutcome> {
    const { tree, group } = order;
    const name = `tests:${tree.slice(0, 16)}:${shortHash(group.map(({ id }) => id))}`;
    const verify = async (): Promise<TestsOutcome> => {
      const run = await this.#bench.run(tree, filesOf(group), signal);
      const { durationMs } = run;
      if (run.status === "unreadable") return { ...unreadable(run), mended: [], durationMs };
      const isMended = (test: TestCase): boolean => passesNow(test, run.cases);
      const left = group.filter((test) => !isMended(test));
      const mended = group.filter(isMended).map(({ id }) => id);
      return { mended, why: whyLeft(left, run.cases), signature: signature(left, run), durationMs };
    };
    return order.isRecorded ? this.#steps.once(name, verify) : verify();
  }

  /**
   * Runs all tests: what passed must pass, and the same tests must be there. What differs is run once more.
   * @param mended tests that are said to pass now
   */
  suite(
    order: {
      readonly tree: string;
      readonly before: Cases;
      readonly flaky: ReadonlySet<string>;
      readonly mended: readonly TestCase[];
    },
    signal: AbortSignal,
  ): Promise<SuiteOutcome> {
    const { tree, before, flaky } = order;
    const name = `suite:${tree.slice(0, 16)}:${shortHash(order.mended.map(({ id }) => id))}`;
    return this.#steps.once<SuiteOutcome>(name, async () => {
      const first = await this.#bench.run(tree, undefined, signal);
      const problems = this.#problems(first, order);
      if (problems.length === 0 && first.status === "reported") {
        const changes = changesBetween(before, first.cases);
        const { durationMs } = first;
        return { why: "", signature: "", changes, flaky: [], runs: 1, durationMs };
      }
      const second = await this.#bench.run(tree, undefined, signal);
      const durationMs = first.durationMs + second.durationMs;
      const again = this.#problems(second, order);
      const cases = second.status === "reported" ? second.cases : before;
      const unsteady =
        first.status === "reported" && second.status === "reported"
          ? unsteadyIds(first.cases, second.cases).filter((id) => !flaky.has(id))
          : [];
      const why = again.length === 0 ? "" : `broke other tests: ${named(again)}`;
      const sign = again.map((each) => each.replace(/\d+/g, "#")).join("\n");
      const changes = changesBetween(before, cases);
      return { why, signature: sign, changes, flaky: unsteady, runs: 2, durationMs };
    });
  }

  #problems(
    run: TestRun,
    order: {
      readonly before: Cases;
      readonly flaky: ReadonlySet<string>;
      readonly mended: readonly TestCase[];
    },
  ): readonly string[] {
    if (run.status === "unreadable") return [run.why];
    const left = order.mended.filter((test) => !passesNow(test, run.cases));
    return [
      ...left.map(({ id }) => `${id} does not pass among all tests`),
      ...regressions(order.before, run.cases, order.flaky),
    ];
  }
}

/** As the machine takes it. */
export function verdictOf({
  why,
  signature,
}: {
  readonly why: string;
  readonly signature: string;
}): Verdict {
  return why === "" ? { holds: true } : { holds: false, why, signature };
}

/** The tests of a group, as they failed. */
export function casesOf(group: TestGroup, cases: Cases): readonly TestCase[] {
  return group.flatMap((id) => cases.get(id) ?? []);
}

function filesOf(group: readonly TestCase[]): readonly string[] | undefined {
  const files = [...new Set(group.flatMap(({ file }) => file ?? []))];
  return files.length === 0 || group.some(({ file }) => file === undefined) ? undefined : files;
}

function unreadable({ why, output }: Extract<TestRun, { readonly status: "unreadable" }>) {
  const last = output.split("\n").at(-1) ?? "";
  return { why: last === "" ? why : `${why}: ${last}`, signature: `unreadable ${why}` };
}

function whyLeft(left: readonly TestCase[], now: Cases): string {
  if (left.length === 0) return "";
  return `still failing: ${named(
    left.map((test) => {
      const after = now.get(test.id);
      if (after === undefined) return `${test.id} is missing from the report`;
      return `${test.id} is ${after.status}: ${after.message.split("\n")[0]}`;
    }),
  )}`;
}

function signature(
  left: readonly TestCase[],
  run: Extract<TestRun, { readonly status: "reported" }>,
): string {
  return signatureOf(left.map((test) => run.cases.get(test.id) ?? { ...test, message: "missing" }));
}

function named(problems: readonly string[]): string {
  const shown = problems.slice(0, NAMED).join("; ");
  return problems.length > NAMED ? `${shown}; and ${problems.length - NAMED} more` : shown;
}

function unsteadyIds(first: Cases, second: Cases): readonly string[] {
  return [...new Set([...first.keys(), ...second.keys()])].filter(
    (id) => first.get(id)?.status !== second.get(id)?.status,
  );
}
