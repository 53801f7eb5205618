import { matchesGlob } from "node:path/posix";
import { SwarmError } from "../../core/errors.ts";

const APART =
  /(^|[/._-])(integration|int|e2e|end-to-end|acceptance|smoke|performance|perf|bench)([/._-]|$)/i;
const part = (pattern: string): ((path: string) => boolean) => {
  const word = new RegExp(`(^|[/._-])(${pattern})([/._-]|$)`, "i");
  return (path) => word.test(path);
};

/** What the names of suites stand for, by the paths of test files. `docs/fix-loop.md` has the same table. */
const SUITES: Readonly<Record<string, (path: string) => boolean>> = {
  ...Object.fromEntries(
    ["comprehensive", "all", "full", "complete", "regression"].map((name) => [name, () => true]),
  ),
  unit: (path) => !APART.test(path),
  integration: part("integration|int"),
  e2e: part("e2e|end-to-end"),
  "end-to-end": part("e2e|end-to-end"),
  acceptance: part("acceptance"),
  smoke: part("smoke"),
  performance: part("performance|perf|bench"),
};
const ALL: ReadonlySet<string> = new Set([
  "comprehensive",
  "all",
  "full",
  "complete",
  "regression",
]);

/**
 * The test files that names of suites, files, folders and patterns stand for; undefined: all tests.
 * @param known test files of the project; undefined when only the runner knows
 * @throws SwarmError `invalid-input` for a name that means nothing; `nothing-to-do` when no test is meant
 */
export function selectTests(
  wanted: readonly string[],
  known: readonly string[] | undefined,
): readonly string[] | undefined {
  if (wanted.every((name) => ALL.has(name))) return undefined;
  if (known === undefined) {
    throw new SwarmError(
      "invalid-input",
      "a test_command runs its own tests, so none can be chosen",
      {
        hint: "leave out test_suite and tests",
      },
    );
  }
  const files = [...new Set(wanted.flatMap((name) => filesOf(name, known)))];
  if (files.length > 0) return files;
  throw new SwarmError("nothing-to-do", `no test file is meant by ${wanted.join(", ")}`);
}

function filesOf(name: string, known: readonly string[]): readonly string[] {
  const suite = SUITES[name];
  if (suite !== undefined) return known.filter(suite);
  const path = name.replace(/^\.\//, "").replace(/\/$/, "");
  const found = known.filter(
    (file) => file === path || file.startsWith(`${path}/`) || matchesGlob(file, path),
  );
  if (found.length > 0) return found;
  throw new SwarmError("invalid-input", `${JSON.stringify(name)} names no tests`, {
    hint: `known: ${Object.keys(SUITES).join(", ")}, or paths and patterns of test files`,
  });
}
