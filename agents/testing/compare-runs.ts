import type { TestCounts } from "../../core/repairs.ts";
import { idsOf, type TestCase } from "./test-run.ts";

export type Cases = ReadonlyMap<string, TestCase>;

/** What two or more runs of the same tests say together. */
export interface Baseline {
  readonly cases: Cases;
  /** Failed in every run. */
  readonly failing: readonly string[];
  /** Ended in different ways. */
  readonly flaky: readonly string[];
}

/** @param again later runs, which may be of a part of the tests */
export function baselineOf(first: Cases, again: readonly Cases[]): Baseline {
  const statusesOf = (id: string): ReadonlySet<string> =>
    new Set([first, ...again].flatMap((cases) => cases.get(id)?.status ?? []));
  const ids = new Set([first, ...again].flatMap((cases) => [...cases.keys()]));
  const flaky = [...ids].filter((id) => statusesOf(id).size > 1);
  const failing = idsOf(first, "failed").filter((id) => statusesOf(id).size === 1);
  return { cases: first, failing, flaky };
}

export function countsOf(cases: Cases, flaky: readonly string[]): TestCounts {
  const unsteady = new Set(flaky);
  const steady = (status: TestCase["status"]): number =>
    idsOf(cases, status).filter((id) => !unsteady.has(id)).length;
  return {
    total: cases.size,
    passed: steady("passed"),
    failed: steady("failed"),
    skipped: steady("skipped"),
    flaky: [...flaky].sort(),
  };
}

/** Whether a test that failed passes now. One that stood for a whole file passes when all tests of the file do. */
export function passesNow(test: TestCase, now: Cases): boolean {
  const same = now.get(test.id);
  if (same !== undefined || test.isFile !== true) return same?.status === "passed";
  const own = [...now.values()].filter(({ file }) => file === test.file);
  return own.some(isPassed) && own.every(({ status }) => status !== "failed");
}

const isPassed = ({ status }: TestCase): boolean => status === "passed";

/**
 * What got worse: tests that passed and do not pass now, that are gone, or that are new and fail; each as a sentence.
 * @param flaky tests of which nothing is expected
 */
export function regressions(
  before: Cases,
  now: Cases,
  flaky: ReadonlySet<string>,
): readonly string[] {
  const problems: string[] = [];
  for (const test of before.values()) {
    if (flaky.has(test.id)) continue;
    const after = now.get(test.id);
    if (after === undefined) {
      if (!(test.isFile === true && passesNow(test, now))) {
        problems.push(`${test.id} is missing from the report`);
      }
    } else if (test.status === "passed" && after.status !== "passed") {
      problems.push(`${test.id} passed before and is ${after.status} now`);
    } else if (test.status === "failed" && after.status === "skipped") {
      problems.push(`${test.id} is skipped now`);
    }
  }
  for (const { id, status } of now.values()) {
    if (!before.has(id) && status === "failed" && !flaky.has(id)) {
      problems.push(`${id} is new and fails`);
    }
  }
  return problems;
}

/** What of a failure stays the same from run to run: without numbers, times and addresses. */
export function signatureOf(tests: readonly TestCase[]): string {
  return tests
    .map(
      ({ id, message }) =>
        `${id}: ${(message.split("\n")[0] ?? "").replace(/0x[\da-f]+|\d+/gi, "#")}`,
    )
    .sort()
    .join("\n");
}

/** Files of which a run reports fewer tests than were listed, as sentences. One that could not be loaded says so itself. */
export function unreportedTests(
  listed: ReadonlyMap<string, number>,
  now: Cases,
): readonly string[] {
  return [...listed].flatMap(([file, count]) => {
    const own = [...now.values()].filter((test) => test.file === file);
    if (own.length >= count || own.some(({ isFile }) => isFile === true)) return [];
    return [`${file} has ${count} tests, and ${own.length} of them are in the report`];
  });
}
