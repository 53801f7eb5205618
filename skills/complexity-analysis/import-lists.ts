import type { Token } from "./tokens.ts";

/** Words that begin an import or a package clause when they stand first on a line. */
const BEGINNINGS: Readonly<Record<string, readonly string[]>> = {
  JavaScript: ["import"],
  TypeScript: ["import"],
  Svelte: ["import"],
  Vue: ["import"],
  Python: ["import", "from"],
  Go: ["import", "package"],
  Java: ["import", "package"],
  Kotlin: ["import", "package"],
  Scala: ["import", "package"],
  Dart: ["import", "export", "part"],
  Swift: ["import"],
  Rust: ["use", "mod", "extern"],
  PHP: ["use", "namespace"],
  Perl: ["use"],
  "C#": ["using", "namespace"],
  C: ["#"],
  "C++": ["#", "using"],
};
const OPENING: ReadonlySet<string> = new Set(["(", "{", "["]);
const CLOSING: ReadonlySet<string> = new Set([")", "}", "]"]);
/** An import goes on over the end of a line after one of these. */
const GOES_ON: ReadonlySet<string> = new Set([",", ".", "::", "=", "\\", "from"]);

/** The tokens without the lists of imports and re-exports: they are alike everywhere and nobody copied them. */
export function withoutImports(tokens: readonly Token[], language: string): Token[] {
  const kept: Token[] = [];
  for (let at = 0; at < tokens.length; ) {
    const end = importBeginsAt(tokens, at, language) ? endOfImport(tokens, at) : at;
    if (end > at) {
      at = end;
      continue;
    }
    const token = tokens[at];
    if (token !== undefined) kept.push(token);
    at++;
  }
  return kept;
}

function importBeginsAt(tokens: readonly Token[], at: number, language: string): boolean {
  const token = tokens[at];
  if (token === undefined || tokens[at - 1]?.endLine === token.line) return false;
  const next = tokens[at + 1]?.text ?? "";
  if (language === "JavaScript" || language === "TypeScript") {
    // `import(…)` and `import.meta` are expressions.
    if (token.text === "import") return next !== "(" && next !== ".";
    return token.text === "export" && (next === "{" || next === "*");
  }
  return BEGINNINGS[language]?.includes(token.text) ?? false;
}

/** Where the line ends on which all its brackets are closed. */
function endOfImport(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (OPENING.has(token.text)) depth++;
    if (CLOSING.has(token.text)) depth--;
    if (depth < 0) return at;
    const isLast = tokens[at + 1]?.line !== token.endLine;
    if (depth === 0 && (token.text === ";" || (isLast && !GOES_ON.has(token.text)))) return at + 1;
  }
  return tokens.length;
}
