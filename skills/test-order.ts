import { resolve } from "node:path";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Repairs, TestCounts, TestOrder } from "../core/repairs.ts";
import type { SkillContext } from "../core/skill.ts";

/** Inputs that choose a project and its tests, as `SKILL.md` of the skills that run tests declares them. */
export interface TestInputs {
  readonly path: string;
  readonly test_suite?: string;
  readonly tests?: Json;
  readonly test_command?: Json;
}

export function testOrderOf(inputs: TestInputs, directory: string): TestOrder {
  const { path, test_suite: suite, tests, test_command: command } = inputs;
  return {
    path: resolve(directory, path),
    tests: [...(suite == null ? [] : [suite]), ...textsOf(tests, "/tests")],
    ...(command == null ? {} : { command: commandOf(command) }),
  };
}

function textsOf(value: Json | undefined, pointer: string): readonly string[] {
  if (value == null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((each: Json) => {
    if (typeof each === "string" && each !== "") return each;
    throw new SwarmError("invalid-input", `${pointer} must be a text or a list of texts`, {
      location: { pointer },
    });
  });
}

function commandOf(value: Json): string | readonly string[] {
  if (typeof value === "string" && value.trim() !== "") return value;
  const list = Array.isArray(value) ? textsOf(value, "/test_command") : [];
  if (list.length > 0) return list;
  throw new SwarmError("invalid-input", "/test_command must be a text or a list of texts", {
    location: { pointer: "/test_command" },
  });
}

/** @throws SwarmError `not-supported` where skills are run without a sandbox */
export function repairsOf({ repairs }: Pick<SkillContext, "repairs">): Repairs {
  if (repairs !== undefined) return repairs;
  throw new SwarmError("not-supported", "tests are run by agents with a sandbox only");
}

export function countsAsJson({ total, passed, failed, skipped, flaky }: TestCounts) {
  return { total, passed, failed, skipped, flaky: [...flaky] };
}

const NAMED = 5;

/** Some of them by name, and how many more there are. */
export function namedTests(tests: readonly string[]): string {
  const named = tests.slice(0, NAMED).join(", ");
  return tests.length > NAMED ? `${named} and ${tests.length - NAMED} more` : named;
}
