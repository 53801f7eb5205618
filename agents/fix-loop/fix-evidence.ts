import type { JsonObject } from "../../core/json.ts";
import type { AcceptedFix, TestCounts } from "../../core/repairs.ts";
import type { SandboxEnforcement } from "../../core/sandbox.ts";
import type { Cases } from "../testing/compare-runs.ts";
import type { SuiteOutcome, TestsOutcome } from "./verification.ts";

/** What our own runs said, in the form in which a fix carries it. */
export function evidenceOf(found: {
  readonly trees: { readonly before: string; readonly after: string };
  readonly tests: readonly { readonly id: string; readonly after: Cases }[];
  readonly suite: { readonly before: TestCounts; readonly after: TestCounts } | undefined;
  readonly outcomes: {
    readonly tests: TestsOutcome | undefined;
    readonly suite: SuiteOutcome | undefined;
  };
  readonly enforcement: SandboxEnforcement;
  readonly adapter: string;
}): JsonObject {
  const { trees, tests, suite, outcomes, enforcement, adapter } = found;
  return {
    tree_before: trees.before,
    tree_after: trees.after,
    tests: tests.map(({ id, after }) => ({
      id,
      before: "failed",
      after: after.get(id)?.status ?? "replaced by the tests of its file",
    })),
    policy: "held",
    tests_run_ms: outcomes.tests?.durationMs ?? null,
    suite:
      suite === undefined
        ? null
        : {
            before: countsAsJson(suite.before),
            after: countsAsJson(suite.after),
            runs: outcomes.suite?.runs ?? null,
            run_ms: outcomes.suite?.durationMs ?? null,
          },
    adapter,
    enforcement: { ...enforcement },
  };
}

export function countsAsJson({ flaky, ...counts }: TestCounts): JsonObject {
  return { ...counts, flaky: [...flaky] };
}

const SUBJECT_LENGTH = 72;
const TESTS_NAMED = 20;

/** Of the commit of a fix. */
export function commitMessage(fix: Pick<AcceptedFix, "tests" | "description" | "fixer">): string {
  const subject = `Fix: ${oneLine(fix.description)}`.slice(0, SUBJECT_LENGTH).toWellFormed();
  const named = fix.tests.slice(0, TESTS_NAMED).map((id) => `- ${oneLine(id)}`);
  const more = fix.tests.length - named.length;
  const rest = more > 0 ? [`- and ${more} more`] : [];
  return [
    subject,
    "",
    "Tests that failed and pass now:",
    ...named,
    ...rest,
    "",
    `Found by ${fix.fixer}, confirmed by running the tests.`,
    "",
  ].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
