import { languageOf } from "../source-file.ts";
import type { CodeTree, OpenedCode } from "./code/code-tree.ts";
import { commentsByLine } from "./code/comment-lines.ts";
import { readWithGrammar } from "./code/grammar-tree.ts";
import { readScript } from "./code/script-tree.ts";
import { deadPython, deadScript } from "./dead-code.ts";
import type { CodeFacts, Place } from "./facts.ts";
import { GO } from "./languages/go.ts";
import { JAVA } from "./languages/java.ts";
import type { Language } from "./languages/language.ts";
import { PYTHON } from "./languages/python.ts";
import { RUST } from "./languages/rust.ts";
import { SCRIPT } from "./languages/script.ts";
import { factsOfComments, readFacts } from "./read-facts.ts";
import type { Found, Rule } from "./rule.ts";
import { THEATER_RULES } from "./rules.ts";

export interface Match extends Found {
  readonly rule: Rule;
}

export type ScannedCode =
  | { readonly status: "scanned"; readonly matches: readonly Match[] }
  | { readonly status: "not-read"; readonly reason: string; readonly line?: number };

interface Reader {
  readonly language: Language;
  readonly open: (file: string, text: string) => OpenedCode | Promise<OpenedCode>;
  readonly deadCode?: (comments: CodeTree["comments"]) => Place[] | Promise<Place[]>;
}

const SCRIPT_READER: Reader = { language: SCRIPT, open: readScript, deadCode: deadScript };

const READERS: Readonly<Record<string, Reader>> = {
  JavaScript: SCRIPT_READER,
  TypeScript: SCRIPT_READER,
  Python: { ...byGrammar(PYTHON, "python"), deadCode: deadPython },
  Go: byGrammar(GO, "go"),
  Java: byGrammar(JAVA, "java"),
  Rust: byGrammar(RUST, "rust"),
};

function byGrammar(language: Language, name: string): Reader {
  return { language, open: (_file, text) => readWithGrammar(`tree-sitter-${name}.wasm`, text) };
}

/** Looks for theatre in a source file. Of a language without a reader only the comments are looked at. */
export async function scanCode(file: string, text: string): Promise<ScannedCode> {
  const language = languageOf(file) ?? "";
  const reader = Object.hasOwn(READERS, language) ? READERS[language] : undefined;
  if (reader === undefined) {
    return { status: "scanned", matches: matchesIn(factsOfComments(file, commentsByLine(text))) };
  }
  const opened = await reader.open(file, text);
  if (opened.status === "not-read") return opened;
  const { tree } = opened;
  const deadCode = (await reader.deadCode?.(tree.comments)) ?? [];
  return {
    status: "scanned",
    matches: matchesIn(readFacts(file, tree, reader.language, deadCode)),
  };
}

function matchesIn(code: CodeFacts): Match[] {
  const seen = new Set<string>();
  return THEATER_RULES.flatMap((rule) =>
    rule
      .find(code)
      .filter(({ line }) => looksAt(rule, code, line))
      .map((each) => ({ ...each, rule })),
  )
    .filter(({ rule, line }) => {
      const key = `${rule.id} ${line}`;
      const isNew = !seen.has(key);
      seen.add(key);
      return isNew;
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function looksAt({ looksAt: what }: Rule, { isTest, testParts }: CodeFacts, line: number): boolean {
  if (what === "all") return true;
  const inTests = isTest || testParts.some(({ first, last }) => first <= line && line <= last);
  return (what === "tests") === inTests;
}
