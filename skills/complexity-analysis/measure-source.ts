import type { FileImport } from "../import-graph.ts";
import { parseSyntax } from "../syntax.ts";
import { GO } from "./languages/go.ts";
import { JAVA } from "./languages/java.ts";
import { PYTHON } from "./languages/python.ts";
import type { LanguageRules } from "./languages/rules.ts";
import { RUST } from "./languages/rust.ts";
import { measureFile } from "./measure.ts";
import { measureTree } from "./measure-tree.ts";
import type { MeasuredFile } from "./scope.ts";
import { scriptImports } from "./script-imports.ts";
import { parseTree } from "./tree-sitter.ts";

const RULES: Readonly<Record<string, LanguageRules>> = {
  Python: PYTHON,
  Go: GO,
  Java: JAVA,
  Rust: RUST,
};

export type MeasuredSource =
  | {
      readonly status: "measured";
      readonly measured: MeasuredFile;
      readonly imports: readonly FileImport[];
      readonly packageName?: string;
    }
  | { readonly status: "not-parsed"; readonly reason: string; readonly line?: number };

/** Functions and imports of a file in a language whose syntax we read. */
export async function measureSource(
  file: string,
  text: string,
  language: string,
): Promise<MeasuredSource> {
  const rules = RULES[language];
  if (rules !== undefined) return await measureByRules(rules, text);
  const syntax = parseSyntax(file, text);
  if (syntax.status === "not-parsed") return syntax;
  const { program } = syntax;
  return { status: "measured", measured: measureFile(program), imports: scriptImports(program) };
}

async function measureByRules(rules: LanguageRules, text: string): Promise<MeasuredSource> {
  const open = await parseTree(rules, text);
  if (open.status === "not-parsed") return open;
  try {
    return { status: "measured", ...measureTree(open.tree, text, rules) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { status: "not-parsed", reason: "nested too deeply" };
  } finally {
    open.tree.delete();
  }
}
