import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import sax from "sax";
import { z } from "zod";
import type { TestFailure } from "../../core/fixer.ts";
import type { BrokenProject, Runner } from "./corpus.ts";

/** What the tests of a project say; `hung` when they came to no end. */
export type Verdict =
  | { readonly status: "ran"; readonly passed: number; readonly failures: readonly TestFailure[] }
  | { readonly status: "hung" };

/** A test run takes a second on a machine that does nothing else. */
const MOST_MS = 20_000;
const VITEST = join(import.meta.dirname, "../../node_modules/vitest/vitest.mjs");
const NODE_REPORTER = join(import.meta.dirname, "node-test-reporter.ts");
const REPORT = "report.tmp";

/**
 * Runs the tests of a project that this bench wrote; nothing of anybody else is run.
 * @param mostMs after which they count as hung
 */
export async function judge(
  folder: string,
  { runner, testFile }: BrokenProject,
  mostMs = MOST_MS,
): Promise<Verdict> {
  const report = join(folder, REPORT);
  rmSync(report, { force: true });
  const [program = "", ...args] = commandOf(runner, testFile, report);
  const ended = await endOf(program, args, { cwd: folder, mostMs });
  if (!ended) return { status: "hung" };
  if (!existsSync(report)) throw new Error(`${runner} left no report in ${folder}`);
  const text = readFileSync(report, "utf8");
  const root = realpathSync(folder);
  switch (runner) {
    case "node":
      return nodeVerdict(text, root, testFile);
    case "vitest":
    case "jest":
      return jestVerdict(text, root, testFile);
    case "pytest":
      return junitVerdict(text, root, testFile);
    default:
      return runner satisfies never;
  }
}

function commandOf(runner: Runner, testFile: string, report: string): readonly string[] {
  const node = process.execPath;
  switch (runner) {
    case "node": {
      const how = ["--test", "--test-isolation=none", `--test-reporter=${NODE_REPORTER}`];
      return [node, ...how, `--test-reporter-destination=${report}`, testFile];
    }
    case "vitest":
      return [
        node,
        VITEST,
        "run",
        "--root",
        ".",
        "--reporter=json",
        `--outputFile=${report}`,
        "--pool=threads",
        "--no-cache",
      ];
    case "jest":
      return [node, "node_modules/jest/bin/jest.js", "--json", `--outputFile=${report}`];
    case "pytest":
      return [
        "python3",
        "-B",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        `--junitxml=${report}`,
      ];
    default:
      return runner satisfies never;
  }
}

/** False when it had to be killed. */
function endOf(
  program: string,
  args: readonly string[],
  { cwd, mostMs }: { readonly cwd: string; readonly mostMs: number },
): Promise<boolean> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, args, { cwd, env, stdio: "ignore", detached: true });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, mostMs);
  child.once("error", reject);
  child.once("exit", (code) => {
    clearTimeout(timer);
    resolve(code !== null);
  });
  return promise;
}

const NODE_LINE = z.object({
  name: z.string(),
  passed: z.boolean(),
  message: z.string(),
  stack: z.string(),
});

function nodeVerdict(text: string, root: string, testFile: string): Verdict {
  const lines = text.split("\n").filter((line) => line !== "");
  return verdictOf(
    lines.map((line) => NODE_LINE.parse(JSON.parse(line))),
    root,
    testFile,
  );
}

const JEST_REPORT = z.object({
  testResults: z.array(
    z.object({
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

function jestVerdict(text: string, root: string, testFile: string): Verdict {
  const { testResults } = JEST_REPORT.parse(JSON.parse(text));
  const cases = testResults.flatMap(({ assertionResults, message = "" }) =>
    assertionResults.length === 0
      ? [{ name: testFile, passed: false, message, stack: message }]
      : assertionResults.map(({ fullName, status, failureMessages }) => {
          const said = failureMessages?.join("\n") ?? "";
          return { name: fullName.trim(), passed: status === "passed", message: said, stack: said };
        }),
  );
  return verdictOf(cases, root, testFile);
}

function junitVerdict(text: string, root: string, testFile: string): Verdict {
  const cases: { name: string; passed: boolean; message: string; stack: string }[] = [];
  const parser = sax.parser(true);
  let isFailure = false;
  parser.onopentag = ({ name, attributes }) => {
    isFailure = name === "failure" || name === "error";
    const attribute = (key: string): string => String(attributes[key] ?? "");
    if (name === "testcase") {
      cases.push({ name: attribute("name"), passed: true, message: "", stack: "" });
    }
    const last = cases.at(-1);
    if (!isFailure || last === undefined) return;
    cases[cases.length - 1] = { ...last, passed: false, message: attribute("message") };
  };
  parser.ontext = (stack) => {
    const last = cases.at(-1);
    if (isFailure && last !== undefined) cases[cases.length - 1] = { ...last, stack };
    isFailure = false;
  };
  parser.write(text).close();
  return verdictOf(cases, root, testFile);
}

function verdictOf(
  cases: readonly z.infer<typeof NODE_LINE>[],
  root: string,
  testFile: string,
): Verdict {
  const failed = cases.filter(({ passed }) => !passed);
  return {
    status: "ran",
    passed: cases.length - failed.length,
    failures: failed.map(({ name, message, stack }) => ({
      id: name,
      file: testFile,
      message,
      frames: framesOf(stack, root),
    })),
  };
}

/** `at f (file:///…/src/a.js:3:9)` and `src/a.py:3: AssertionError`, own files only. */
function framesOf(stack: string, root: string): TestFailure["frames"] {
  const script = [...stack.matchAll(/at .*?(?:file:\/\/)?(\/[^\s()]+?):(\d+):(\d+)/g)].map(
    ([, path = "", line, column]) => ({
      file: relative(root, decodeURI(path)),
      line: Number(line),
      column: Number(column),
    }),
  );
  const python = [...stack.matchAll(/^((?:src|test)\/\w+\.py):(\d+): /gm)]
    .map(([, file = "", line]) => ({ file, line: Number(line) }))
    .toReversed();
  return [...script, ...python].filter(
    ({ file }) => !file.startsWith("..") && !file.includes("node_modules"),
  );
}
