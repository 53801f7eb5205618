/** Proposes repairs. It is never believed: whoever asked applies a candidate to a fresh tree and runs the tests. */
export interface Fixer {
  readonly name: string;
  /**
   * Candidates, the most promising first; each is asked for only when the one before did not hold. The end of the
   * sequence says that it has no more.
   * @throws the reason of an aborted signal
   */
  candidates(request: FixRequest, signal: AbortSignal): AsyncIterable<FixCandidate>;
}

export interface FixRequest {
  /** Absolute directory with the sources as they fail. Fixers that edit files do it here; it is thrown away afterwards. */
  readonly workspace: string;
  /** Tests that must pass afterwards, each of which fails now. */
  readonly failures: readonly TestFailure[];
  /** Source files that may hold the cause, relative, the most suspected first. Tests are not among them. */
  readonly suspects: readonly string[];
  /** Counted from 1. */
  readonly attempt: number;
  /** What was tried before and why it did not hold. */
  readonly earlier: readonly { readonly description: string; readonly why: string }[];
  /** What the person wants to be kept in mind. */
  readonly task?: string;
}

export interface TestFailure {
  /** As the test runner's report names it. */
  readonly id: string;
  /** The test's own file, relative. */
  readonly file?: string;
  readonly message: string;
  /** Places in the workspace's own files that the stack names, the innermost first. */
  readonly frames: readonly {
    readonly file: string;
    readonly line: number;
    readonly column?: number;
  }[];
}

export interface FixCandidate {
  /** One line: what was changed and where. */
  readonly description: string;
  /** Whole new contents by relative path; `null` deletes the file. */
  readonly edits: Readonly<Record<string, string | null>>;
  /** What asking for it cost; absent when it costs nothing, null when it costs something and nobody knows what. */
  readonly costUsd?: number | null;
}
