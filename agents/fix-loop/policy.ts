import type { Verdict } from "../../machines/fix-loop.ts";
import { isShadowing, whyProtected } from "./protected-files.ts";

/** One file that a candidate changes. Modes as git writes them; text is undefined when there is none, or it is no text. */
export interface FileChange {
  readonly path: string;
  readonly before?: { readonly mode: string; readonly text: string | undefined };
  readonly after?: { readonly mode: string; readonly text: string | undefined };
}

export interface FixPolicy {
  /** Further files that may not be changed: those that the tests' report names. */
  readonly testFiles: ReadonlySet<string>;
  readonly mostFiles: number;
  /** Added and removed, of all files together. */
  readonly mostLines: number;
  /** Of one file afterwards. */
  readonly mostBytes: number;
}

export const FIX_LIMITS = { mostFiles: 8, mostLines: 400, mostBytes: 524_288 } as const;

/**
 * Whether a candidate is a fix of sources and of nothing else. What it forbids is forbidden before anything runs: what a patch
 * did to the tests can no longer be seen by running them.
 */
export function judgeChange(changes: readonly FileChange[], policy: FixPolicy): Verdict {
  const why = whyRefused(changes, policy);
  return why === undefined
    ? { holds: true }
    : { holds: false, why: `refused: ${why}`, signature: `policy ${why}` };
}

function whyRefused(changes: readonly FileChange[], policy: FixPolicy): string | undefined {
  if (changes.length === 0) return "the patch is empty";
  if (changes.length > policy.mostFiles) {
    return `${changes.length} files are changed, ${policy.mostFiles} may be`;
  }
  let lines = 0;
  for (const change of changes) {
    const why = whyFileRefused(change, policy);
    if (why !== undefined) return `${JSON.stringify(change.path)} ${why}`;
    const { added, removed } = lineDifference(change.before?.text ?? "", change.after?.text ?? "");
    const used = added.flatMap((line) => forbiddenIn(line) ?? []);
    if (used[0] !== undefined) return `${JSON.stringify(change.path)} ${used[0]}`;
    lines += added.length + removed.length;
  }
  if (lines > policy.mostLines) return `${lines} lines are changed, ${policy.mostLines} may be`;
  return undefined;
}

const HIDDEN = /[[\p{Cc}\p{Cf}]--[\t\n\v\f\r]]/v;
const FILE_MODES: ReadonlySet<string> = new Set(["100644", "100755"]);

function whyFileRefused(
  { path, before, after }: FileChange,
  policy: FixPolicy,
): string | undefined {
  const protectedFor = whyProtected(path);
  if (protectedFor !== undefined) return protectedFor;
  if (policy.testFiles.has(path)) return "is a test";
  for (const { mode } of [before, after].filter((side) => side !== undefined)) {
    if (mode === "120000") return "is a symbolic link";
    if (!FILE_MODES.has(mode)) return "is no plain file";
  }
  if (before !== undefined && after !== undefined && before.mode !== after.mode) {
    return `changes its mode from ${before.mode} to ${after.mode}`;
  }
  if (before === undefined && after?.mode === "100755") return "is a new program";
  if (before === undefined && isShadowing(path)) return "would be loaded instead of another module";
  if (before !== undefined && before.text === undefined) return "is binary";
  if (after === undefined) return undefined;
  if (after.text === undefined) return "is binary";
  if (Buffer.byteLength(after.text) > policy.mostBytes) return "is too large";
  if (after.text.includes("\r\n") && before?.text !== undefined && !before.text.includes("\r\n")) {
    return "changes its line ends";
  }
  if (HIDDEN.test(after.text) && !HIDDEN.test(before?.text ?? ""))
    return "gets invisible characters";
  return undefined;
}

/** What added lines may not say, with what it would do. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [
    /\b(it|test|describe|suite|t|context|specify)\s*\.\s*(skip|only|todo|skipIf|runIf|fails?|failing)\b|\b(xit|xdescribe|xtest|xcontext|fit|fdescribe)\s*\(/,
    "skips tests",
  ],
  [
    /@?\bpytest\s*\.\s*(mark\s*\.\s*(skip|xfail)|skip|xfail|exit|importorskip)|\bunittest\s*\.\s*skip|\bSkipTest\b|\bskipTest\s*\(/,
    "skips tests",
  ],
  [
    /\bprocess\s*(\?\.|\.)\s*(exit|exitCode|abort|kill|reallyExit|emit|dlopen|binding|_\w+)\b|\bprocess\s*\[|\bDeno\s*\.\s*exit\b/,
    "ends the program or reaches into its process",
  ],
  [
    /\bos\s*\.\s*(_exit|abort|kill|killpg|exec[lv]\w*|system|popen|fork)\b|\bsys\s*\.\s*(exit|modules|settrace|setprofile|_\w+)\b|\b_exit\s*\(|\b(quit|exit)\s*\(\s*\d*\s*\)|\bSystemExit\b|\batexit\b|\bsignal\s*\.\s*(signal|raise_signal)\b|\bfaulthandler\b/,
    "ends the program or reaches into its process",
  ],
  [
    /["'`](node:)?(test|assert|child_process|worker_threads|cluster|vm|module|inspector|v8|repl)(\/[\w/]+)?["'`]|\b(from|import)\s+(subprocess|ctypes|unittest|pytest|_pytest|inspect|gc|importlib|multiprocessing)\b|__import__\s*\(|["'`](vitest|@jest\/[\w-]+|chai|expect|sinon)(\/[\w/]+)?["'`]/,
    "brings in what tests are run by, or other programs",
  ],
  [
    /\b(PYTEST_\w+|NODE_TEST_CONTEXT|VITEST\w*|JEST_WORKER_ID|CASCADE_\w+|JUNIT\w*)\b|\bNODE_ENV\b.*\btest\b|\/proc\/|\/tmp\/report|\bjunit\b/i,
    "behaves differently under test, or reaches for the report",
  ],
  [
    /\bglobalThis\s*(\.|\[)\s*["'`]?(expect|test|it|describe|assert|process|setTimeout|Date|console)\b|\b(Object|Array|String|Number|Promise|Map|Set|RegExp|Function|Date|Error)\s*\.\s*prototype\s*(\.\s*\w+\s*=[^=]|\[)|\b__builtins__\b|\bbuiltins\s*\.\s*\w+\s*=[^=]|\bassert\s*\.\s*\w+\s*=[^=]|\bexpect\s*\.\s*\w+\s*=[^=]/,
    "changes what tests are made of",
  ],
  [
    /\bdef\s+__(eq|ne|instancecheck|subclasscheck)__\b|\basymmetricMatch\b|\$\$typeof\b|\bSymbol\s*\.\s*(hasInstance|toPrimitive)\b/,
    "decides what it is equal to",
  ],
  [/\beval\s*\(|\bnew\s+Function\s*\(|\bexec\s*\(\s*(compile|["'f])/, "runs text as code"],
  [
    /\b(ts-nocheck|ts-ignore|eslint-disable|biome-ignore|istanbul ignore|c8 ignore|v8 ignore|pragma:\s*no cover|type:\s*ignore|noqa)\b/,
    "switches a check off",
  ],
];

function forbiddenIn(line: string): string | undefined {
  return FORBIDDEN.find(([pattern]) => pattern.test(line))?.[1];
}

/** Lines that one text has more often than the other. Where they stand does not count. */
export function lineDifference(
  before: string,
  after: string,
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  return { added: moreIn(after, before), removed: moreIn(before, after) };
}

function moreIn(text: string, other: string): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of other.split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  return text.split("\n").filter((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left <= 0;
  });
}
