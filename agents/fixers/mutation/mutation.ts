import type { MutationFamily } from "./families.ts";

/** One edit of a source file. Offsets count UTF-16 units of its text, from 0; everything outside of them stays as it is. */
export interface Mutation {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly family: MutationFamily;
  /** How likely this one is among those of its family; 1 without it. */
  readonly weight?: number;
}

/** A value that a failure names beside the one that it expects. */
export interface WrongLiteral {
  readonly actual: number | string;
  readonly expected: number | string;
}

/** A stretch of code with a name by which other code calls it. */
export interface FunctionPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Names that it calls or takes. */
  readonly mentions: ReadonlySet<string>;
}

/** What a file of tests says about one place in it. */
export interface TestOutline {
  /** Module specifiers as they are written. */
  readonly imports: readonly string[];
  /** The tests, an outer one before those inside of it. */
  readonly tests: readonly FunctionPlace[];
  /** Names in the whole file. */
  readonly mentions: ReadonlySet<string>;
}

/** A parsed file of one language. */
export interface ParsedSource {
  readonly functions: readonly FunctionPlace[];
  /** In no particular order; some of them may come to the same text. */
  mutations(wrongLiterals: readonly WrongLiteral[]): Iterable<Mutation>;
  testOutline(): TestOutline;
}

export type Parsed =
  | { readonly status: "parsed"; readonly source: ParsedSource }
  | { readonly status: "not-parsed"; readonly reason: string };

/** What the repairer must know of a language. */
export interface MutationLanguage {
  parse(file: string, text: string): Promise<Parsed>;
  /** True when nothing at all is wrong with the text. */
  isValid(file: string, text: string): Promise<boolean>;
}

/** The text after the edit. */
export function mutated(text: string, { start, end, replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}
