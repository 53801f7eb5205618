import type { TestFailure } from "../../core/fixer.ts";
import type { TestCase } from "../testing/test-run.ts";

/** How runners name a place: `(src/a.js:3:4)`, `at src/a.js:3:4`, `File "a.py", line 3`, `a.py:3: ValueError`. */
const PLACES: readonly RegExp[] = [
  /(?:^|[\s(❯@])((?:\.\/)?[\w@.+\- [\]/]*[\w\]]\.(?:[cm]?[jt]sx?|vue|svelte)):(\d+)(?::(\d+))?/gm,
  /File "([^"]+\.py)", line (\d+)()/g,
  /^((?:\.\/)?[\w.+\-/]+\.py):(\d+)()(?=:)/gm,
];
const FRAMES = 20;

/**
 * A failed test as fixers get it: with the places in the project's own files that its message names, in the order of the message.
 * Of Python, whose stacks begin outside, the order is turned round.
 */
export function failureOf(test: TestCase, paths: ReadonlySet<string>): TestFailure {
  const found: { file: string; line: number; column?: number; at: number }[] = [];
  for (const pattern of PLACES) {
    for (const match of test.message.matchAll(pattern)) {
      const file = (match[1] ?? "").trim().replace(/^\.\//, "");
      if (!paths.has(file)) continue;
      const column = Number(match[3] || "0");
      const place = { file, line: Number(match[2]), at: match.index };
      found.push(column > 0 ? { ...place, column } : place);
    }
  }
  found.sort((a, b) => (test.file?.endsWith(".py") ? b.at - a.at : a.at - b.at));
  const keys = new Set<string>();
  const frames = found
    .map(({ at: _, ...frame }) => frame)
    .filter(({ file, line }) => !keys.has(`${file}:${line}`) && keys.add(`${file}:${line}`))
    .slice(0, FRAMES);
  const { id, file, message } = test;
  return { id, ...(file === undefined ? {} : { file }), message, frames };
}
