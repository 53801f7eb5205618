import type { SandboxMount } from "../../core/sandbox.ts";
import type { TestCase } from "./test-run.ts";

/** The files of a project, as far as finding its test runner needs them. */
export interface ProjectFiles {
  /** Absolute path on this machine. */
  readonly root: string;
  /** All that is looked at, relative. */
  readonly paths: readonly string[];
  /** The text of one of them; undefined when it is not among them or not small. */
  read(path: string): Promise<string | undefined>;
}

/** A runner made ready for a project. */
export interface TestRunner {
  readonly adapter: string;
  /** The tests of the project by the runner's own conventions; undefined when only it knows. */
  readonly testFiles: readonly string[] | undefined;
  /** Programs and libraries that it needs in the box, read-only. */
  readonly mounts: readonly SandboxMount[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * The command that runs these files, or all tests, and writes a report.
   * @param files relative; undefined: all
   */
  argv(files: readonly string[] | undefined, report: string): readonly string[];
  /**
   * The tests of a report.
   * @param said what the runner wrote to standard output
   * @throws Error with one sentence when it cannot be read
   */
  read(report: string, said: string): readonly TestCase[];
  /** Absent when the runner cannot tell its tests without running them. */
  readonly listing?: TestListing;
}

/** How a runner tells which tests there are, without running them. */
export interface TestListing {
  argv(files: readonly string[] | undefined, report: string): readonly string[];
  /**
   * The file of each test; a file as often as it has tests, or once when only files are told.
   * @throws Error when it cannot be read
   */
  read(report: string, said: string): readonly string[];
}

/** Knows one kind of test runner. */
export interface TestAdapter {
  readonly name: string;
  /** The runner, when the project uses it; undefined when it does not. @throws SwarmError `not-supported` when it cannot be run here */
  open(project: ProjectFiles): Promise<TestRunner | undefined>;
}

/** Gives each test an id of its own: the same name twice in a file becomes `name (2)`. */
export function withIds(
  cases: readonly (Omit<TestCase, "id"> & { readonly names: readonly string[] })[],
): readonly TestCase[] {
  const seen = new Map<string, number>();
  return cases.map(({ names, ...rest }) => {
    const parts = rest.file === undefined ? names : [rest.file, ...names];
    const base = parts.map(oneLine).join(" > ");
    const count = (seen.get(base) ?? 0) + 1;
    seen.set(base, count);
    return { id: count === 1 ? base : `${base} (${count})`, ...rest };
  });
}

function oneLine(name: string): string {
  return name.replace(/\s+/g, " ").trim();
}
