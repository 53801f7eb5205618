import type { FixCandidate, Fixer, FixRequest } from "../../../core/fixer.ts";
import { LIMITS } from "../../../core/limits.ts";
import { type RankedMutation, rankMutations } from "./candidate-order.ts";
import { cluesOf } from "./clues.ts";
import { languageOf } from "./languages.ts";
import { mutated, type ParsedSource } from "./mutation.ts";
import { readSource } from "./source-file.ts";
import { suspicionsOf, type TestFile } from "./suspicion.ts";

export interface MutationRepairerOptions {
  /** Told of each suspect that is passed over, and why. */
  readonly onSkipped?: (file: string, reason: string) => void;
  /** Default: `LIMITS.repairCandidates`. */
  readonly mostCandidates?: number;
}

/**
 * Proposes single edits that undo usual slips: operators, boundaries, literals, arguments, conditions, returns, guards,
 * names. It knows no model and costs nothing; the same request gets the same candidates in the same order. Files of
 * JavaScript, TypeScript, JSX and Python; each candidate is valid in its language and keeps all but its one edit.
 */
export function openMutationRepairer(options: MutationRepairerOptions = {}): Fixer {
  return {
    name: "mutation",
    async *candidates(request, signal) {
      const { mostCandidates = LIMITS.repairCandidates } = options;
      const tried = new Set(request.earlier.map(({ description }) => description));
      let count = 0;
      for await (const candidate of inOrder(request, options, signal)) {
        if (count >= mostCandidates) return;
        count++;
        if (!tried.has(candidate.description)) yield candidate;
        signal.throwIfAborted();
      }
    },
  };
}

interface OpenSuspect {
  readonly file: string;
  readonly text: string;
  readonly source: ParsedSource;
  readonly functions: ParsedSource["functions"];
}

async function* inOrder(
  request: FixRequest,
  { onSkipped = () => {} }: MutationRepairerOptions,
  signal: AbortSignal,
): AsyncGenerator<FixCandidate> {
  const tests = await openTests(request, signal);
  const { clues, wrongLiterals } = cluesOf(request.failures);
  for (const files of groupsOf(request.suspects)) {
    const suspects = await openSuspects(request.workspace, files, { onSkipped, signal });
    const suspicions = suspicionsOf(request, suspects, tests);
    const ranked = suspects.flatMap(({ file, text, source }) =>
      rankMutations(
        { file, text, mutations: source.mutations(wrongLiterals) },
        { clues, suspicion: suspicions.get(file) ?? (() => 0) },
      ),
    );
    yield* validOnes(ranked.sort(byScore), suspects, signal);
  }
}

/** Sorting keeps what is equal in the order of suspects and places. */
function byScore(a: RankedMutation, b: RankedMutation): number {
  return b.score - a.score;
}

/** So many suspects are read and put in one order; the next ones only when none of those held. */
const SUSPECTS_AT_ONCE = 24;

function* groupsOf(suspects: readonly string[]): Generator<readonly string[]> {
  const each = [...new Set(suspects)];
  for (let start = 0; start < each.length; start += SUSPECTS_AT_ONCE) {
    yield each.slice(start, start + SUSPECTS_AT_ONCE);
  }
}

async function openSuspects(
  workspace: string,
  files: readonly string[],
  around: {
    readonly onSkipped: (file: string, reason: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<OpenSuspect[]> {
  const suspects: OpenSuspect[] = [];
  for (const file of files) {
    around.signal.throwIfAborted();
    const opened = await openSource(workspace, file);
    if (typeof opened === "string") around.onSkipped(file, opened);
    else suspects.push({ file, ...opened, functions: opened.source.functions });
  }
  return suspects;
}

/** In words why not, when it cannot be worked on. */
async function openSource(
  workspace: string,
  file: string,
): Promise<{ readonly text: string; readonly source: ParsedSource } | string> {
  const language = languageOf(file);
  if (language === undefined) return "its language is not known here";
  const read = await readSource(workspace, file);
  if (read.status === "skipped") return read.reason;
  const parsed = await language.parse(file, read.text);
  return parsed.status === "parsed" ? { text: read.text, source: parsed.source } : parsed.reason;
}

/** The files of the failing tests, as far as they can be read: they only say what is suspected. */
async function openTests(
  { workspace, failures }: FixRequest,
  signal: AbortSignal,
): Promise<Map<string, TestFile>> {
  const tests = new Map<string, TestFile>();
  for (const file of new Set(failures.flatMap((failure) => failure.file ?? []))) {
    signal.throwIfAborted();
    const opened = await openSource(workspace, file);
    if (typeof opened === "string") continue;
    tests.set(file, { text: opened.text, outline: opened.source.testOutline() });
  }
  return tests;
}

/** One candidate for each new text that is valid in its language. */
async function* validOnes(
  ranked: readonly RankedMutation[],
  suspects: readonly OpenSuspect[],
  signal: AbortSignal,
): AsyncGenerator<FixCandidate> {
  const texts = new Map(suspects.map(({ file, text }) => [file, text]));
  for (const { file, mutation, description } of ranked) {
    signal.throwIfAborted();
    const contents = mutated(texts.get(file) ?? "", mutation);
    if ((await languageOf(file)?.isValid(file, contents)) !== true) continue;
    yield { description, edits: { [file]: contents } };
  }
}
