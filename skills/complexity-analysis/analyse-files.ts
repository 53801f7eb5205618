import { setImmediate } from "node:timers/promises";
import type { FileFingerprints } from "../duplication.ts";
import { analysesOf, countLines, languageOf } from "../source-file.ts";
import { fingerprintsOf } from "./fingerprints.ts";
import { type MeasuredSource, measureSource } from "./measure-source.ts";

/** What follows from one file alone. `type`, not `interface`, so that it is assignable to plain JSON. */
export type FileAnalysis = {
  readonly language: string;
  readonly lines: number;
  readonly fingerprints: FileFingerprints;
  /** Whether tests stand in the file itself. */
  readonly hasTests: boolean;
  /** Null in a language whose syntax we do not read. */
  readonly source: MeasuredSource | null;
};

interface Source {
  readonly file: string;
  readonly text: string;
}

/** Analyses the wanted ones of `sources`, one after the other. */
export async function analyseAll(
  sources: readonly Source[],
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FileAnalysis>> {
  const analyses = new Map<string, FileAnalysis>();
  for (const source of sources) {
    if (!wanted.has(source.file)) continue;
    await setImmediate();
    signal.throwIfAborted();
    analyses.set(source.file, await analyseFile(source));
  }
  return analyses;
}

/** Rust keeps the tests of a module in its file. */
const HAS_RUST_TESTS = /#\[(?:\w+::)?test\b|#\[cfg\(test\)\]/;

async function analyseFile({ file, text }: Source): Promise<FileAnalysis> {
  const language = languageOf(file) ?? "";
  return {
    language,
    lines: countLines(text),
    fingerprints: fingerprintsOf(file, text, language),
    hasTests: language === "Rust" && HAS_RUST_TESTS.test(text),
    source: analysesOf(language).includes("functions")
      ? await measureSource(file, text, language)
      : null,
  };
}
