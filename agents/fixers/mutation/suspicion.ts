import { posix } from "node:path";
import type { FixRequest, TestFailure } from "../../../core/fixer.ts";
import type { FunctionPlace, TestOutline } from "./mutation.ts";

/** A suspected file, as far as the question is where in it the mistake may stand. */
export interface SuspectFile {
  readonly file: string;
  readonly text: string;
  readonly functions: readonly FunctionPlace[];
}

/** A file of tests that fail. */
export interface TestFile {
  readonly text: string;
  readonly outline: TestOutline;
}

/** How much speaks for a place: 1 for the line on which the failure arose, down to 0.1 for one that nothing leads to. */
export type Suspicion = (offset: number) => number;

/** The line of a stack, then what is around it. */
const ON_LINE = 1;
const IN_FUNCTION_OF_FRAME = 0.8;
/** Each place further out on the stack counts so much less. */
const PER_FRAME = 0.9;
/** A function that the failing test itself names, and one that only its file names. */
const NAMED_BY_TEST = 0.75;
const NAMED_BY_FILE = 0.5;
/** Each call further away from the test counts so much less. */
const PER_CALL = 0.9;
const MOST_CALLS = 5;
const IN_IMPORTED_FILE = 0.3;
/** In a file beside a function that is called. */
const IN_CALLED_FILE = 0.2;
const ELSEWHERE = 0.1;

/**
 * Where in the suspected files the mistake of the failing tests may stand: the lines of their stacks, the functions that the
 * tests name, what those call, the files that they import, and the rest. Several failures count by their mean, since
 * what all of them pass is suspected more than what one does.
 */
export function suspicionsOf(
  { failures, suspects }: Pick<FixRequest, "failures" | "suspects">,
  files: readonly SuspectFile[],
  tests: ReadonlyMap<string, TestFile>,
): ReadonlyMap<string, Suspicion> {
  const each = failures.map((failure) => suspicionOfFailure(failure, files, tests));
  return new Map(
    files.map((suspect) => {
      // A file that is suspected more goes first among equals.
      const rank = 1 - 0.1 * (suspects.indexOf(suspect.file) / Math.max(1, suspects.length));
      const mean = (offset: number): number => {
        const sum = each.reduce((total, weightOf) => total + weightOf(suspect, offset), 0);
        return each.length === 0 ? ELSEWHERE : sum / each.length;
      };
      return [suspect.file, (offset) => rank * mean(offset)];
    }),
  );
}

function suspicionOfFailure(
  failure: TestFailure,
  files: readonly SuspectFile[],
  tests: ReadonlyMap<string, TestFile>,
): (suspect: SuspectFile, offset: number) => number {
  const test = failure.file === undefined ? undefined : tests.get(failure.file);
  const named = namedFunctions(failure, files, test);
  const lines = new Map(files.map((suspect) => [suspect.file, frameLines(failure, suspect)]));
  return (suspect, offset) => {
    const function_ = innermost(suspect.functions, offset);
    const onStack = (lines.get(suspect.file) ?? []).reduce((most, frame) => {
      const isOnLine = offset >= frame.start && offset <= frame.end;
      const isNear =
        function_ !== undefined && frame.start <= function_.end && frame.end >= function_.start;
      const weight = isOnLine ? ON_LINE : isNear ? IN_FUNCTION_OF_FRAME : 0;
      return Math.max(most, weight * frame.weight);
    }, 0);
    const isImported = test !== undefined && importsFile(failure.file ?? "", test, suspect.file);
    const byName = function_ === undefined ? 0 : (named.get(function_) ?? 0);
    const isCalled = suspect.functions.some((place) => named.has(place));
    // Values outside of all functions are used by those that the test names.
    const outside = function_ === undefined && isImported ? NAMED_BY_FILE : 0;
    return Math.max(
      onStack,
      byName,
      outside,
      isImported ? IN_IMPORTED_FILE : isCalled ? IN_CALLED_FILE : ELSEWHERE,
    );
  };
}

/** The lines of the stack in this file, as offsets. */
function frameLines(
  { frames }: TestFailure,
  { file, text }: SuspectFile,
): { readonly start: number; readonly end: number; readonly weight: number }[] {
  return frames.flatMap((frame, depth) => {
    if (frame.file !== file) return [];
    const line = lineSpan(text, frame.line);
    return line === undefined ? [] : [{ ...line, weight: PER_FRAME ** depth }];
  });
}

function lineSpan(text: string, line: number): { start: number; end: number } | undefined {
  let start = 0;
  for (let passed = 1; passed < line; passed++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf("\n", start);
  return { start, end: end === -1 ? text.length : end };
}

/** Functions that the test names, and what these call in turn, with what each is suspected. Names stand for all functions of that name. */
function namedFunctions(
  failure: TestFailure,
  files: readonly SuspectFile[],
  test: TestFile | undefined,
): Map<FunctionPlace, number> {
  const weights = new Map<FunctionPlace, number>();
  if (test === undefined) return weights;
  const all = files.flatMap(({ functions }) => functions);
  const own = failingTest(failure, test);
  let current = all.flatMap((place) => {
    if (own?.mentions.has(place.name) === true) return [{ place, weight: NAMED_BY_TEST }];
    return test.outline.mentions.has(place.name) ? [{ place, weight: NAMED_BY_FILE }] : [];
  });
  for (let calls = 0; calls <= MOST_CALLS && current.length > 0; calls++) {
    const raised = current.filter(({ place, weight }) => weight > (weights.get(place) ?? 0));
    for (const { place, weight } of raised)
      weights.set(place, Math.max(weight, weights.get(place) ?? 0));
    current = raised.flatMap(({ place, weight }) =>
      all
        .filter(({ name }) => place.mentions.has(name))
        .map((called) => ({ place: called, weight: weight * PER_CALL })),
    );
  }
  return weights;
}

/** The test that failed: by the line of the stack in its own file, else by its title in the report's id. */
function failingTest(failure: TestFailure, { text, outline }: TestFile): FunctionPlace | undefined {
  const frame = failure.frames.find(({ file }) => file === failure.file);
  const line = frame === undefined ? undefined : lineSpan(text, frame.line);
  const byLine = line === undefined ? undefined : innermost(outline.tests, line.start, line.end);
  return byLine ?? outline.tests.findLast(({ name }) => failure.id.includes(name));
}

function innermost(
  places: readonly FunctionPlace[],
  start: number,
  end = start,
): FunctionPlace | undefined {
  return places.findLast((place) => place.start <= end && place.end >= start);
}

/** True when an import of the test's file may mean this one. */
function importsFile(testFile: string, { outline }: TestFile, file: string): boolean {
  const folder = posix.dirname(testFile);
  const bare = withoutEnding(file);
  return outline.imports.some((specifier) => {
    if (!specifier.startsWith(".")) return withoutEnding(specifier).endsWith(posix.basename(bare));
    const target = withoutEnding(posix.join(folder, specifier));
    return target === bare || `${target}/index` === bare;
  });
}

function withoutEnding(path: string): string {
  return path.replace(/\.(?:[cm]?[jt]sx?|py)$/, "");
}
