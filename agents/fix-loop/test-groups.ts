import type { TestGroup } from "../../machines/fix-loop.ts";
import type { TestCase } from "../testing/test-run.ts";

/** So many failures fit into one request. */
const MOST_TESTS = 20;

/** Failing tests of one file are looked at together: one cause often makes several fail. */
export function groupsOf(failing: readonly TestCase[]): readonly TestGroup[] {
  const byFile = Map.groupBy(failing, ({ file }) => file ?? "");
  return [...byFile.values()].flatMap((tests) => {
    const ids = tests.map(({ id }) => id);
    const count = Math.ceil(ids.length / MOST_TESTS);
    return Array.from({ length: count }, (_, at) =>
      ids.slice(at * MOST_TESTS, (at + 1) * MOST_TESTS),
    );
  });
}
