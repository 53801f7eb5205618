import { defineSkill } from "../../core/define-skill.ts";
import { SwarmError } from "../../core/errors.ts";
import type { TestOutcome } from "../../core/repairs.ts";
import { countsAsJson, namedTests, repairsOf, testOrderOf } from "../test-order.ts";

/** Runs tests in the sandbox. `SKILL.md` describes inputs and outputs. */
export const run = defineSkill({
  inputs: {
    path: { type: "path", default: "." },
    test_suite: { type: "string", required: false },
    tests: { type: "any", required: false },
    test_command: { type: "any", required: false },
    patch: { type: "string", required: false },
    allow_failures: { type: "boolean", default: false },
  },
  outputs: {
    status: { type: "string" },
    adapter: { type: "string" },
    counts: { type: "object" },
    failures: { type: "array" },
    enforcement: { type: "object" },
    notes: { type: "array" },
    duration_ms: { type: "number" },
  },
  async run(inputs, context) {
    const startedMs = performance.now();
    const { patch } = inputs;
    const outcome = await repairsOf(context).test(
      {
        ...testOrderOf(inputs, context.directory),
        ...(patch === undefined || patch === "" ? {} : { patch }),
      },
      context.signal,
    );
    if (!inputs.allow_failures) refuseFailures(outcome);
    const { adapter, counts, failures, enforcement, notes } = outcome;
    return {
      status: counts.total === 0 ? "no-tests" : failures.length === 0 ? "passed" : "failed",
      adapter,
      counts: countsAsJson(counts),
      failures: failures.map(({ id, file, message }) => ({ id, file: file ?? null, message })),
      enforcement: { ...enforcement },
      notes,
      duration_ms: Math.round(performance.now() - startedMs),
    };
  },
});

/** @throws SwarmError `tests-failing`, `nothing-to-do` */
function refuseFailures({ counts, failures }: TestOutcome): void {
  if (counts.total === 0) {
    throw new SwarmError("nothing-to-do", "the test runner found no test", {
      hint: "choose others with test_suite, or name the command that runs them with test_command",
    });
  }
  const [first] = failures;
  if (first === undefined) return;
  const named = namedTests(failures.map(({ id }) => id));
  const said = first.message.split("\n")[0] ?? "";
  throw new SwarmError(
    "tests-failing",
    `${failures.length} of ${counts.total} tests fail: ${named}; the first says: ${said}`,
    { hint: "with allow_failures: true they are a result like any other" },
  );
}
