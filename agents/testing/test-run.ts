/** One test as a run reported it. */
export interface TestCase {
  /** `file > suite > name`; the second of the same name ends in ` (2)`. */
  readonly id: string;
  /** The test's own file, relative to the project. */
  readonly file?: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Of a failed one: what the runner says, paths relative, without escape sequences. */
  readonly message: string;
  /** It stands for a whole file that could not be loaded. */
  readonly isFile?: true;
}

/** What a run of the tests came to. Without a readable report nothing is known of any test. */
export type TestRun = { readonly durationMs: number } & (
  | { readonly status: "reported"; readonly cases: ReadonlyMap<string, TestCase> }
  | {
      readonly status: "unreadable";
      /** One sentence. */
      readonly why: string;
      /** The last lines of what the runner wrote. */
      readonly output: string;
    }
);

export function idsOf(
  cases: ReadonlyMap<string, TestCase>,
  status: TestCase["status"],
): readonly string[] {
  return [...cases.values()].filter((each) => each.status === status).map(({ id }) => id);
}
