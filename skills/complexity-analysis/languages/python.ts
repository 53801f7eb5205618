import type { ImportStatement, LanguageRules } from "./rules.ts";

export const PYTHON: LanguageRules = {
  grammar: "tree-sitter-python.wasm",
  innerFunctions: "separate-in-declaring",
  functions: { function_definition: "free", lambda: "anonymous" },
  owners: ["class_definition"],
  structures: {
    if_statement: { decides: true, nested: ["consequence"] },
    elif_clause: { decides: true, nested: ["consequence"] },
    for_statement: { decides: true, nested: ["body"] },
    while_statement: { decides: true, nested: ["body"] },
    // Its three parts have no names, and a conditional inside a condition is rare.
    conditional_expression: { decides: true, nested: ["conditional_expression"] },
    match_statement: { decides: false, nested: ["body"] },
    except_clause: { decides: false, nested: ["block"] },
  },
  elseIfs: ["elif_clause"],
  elseClause: "else_clause",
  cases: { case_clause: /^case\s+_\s*(?::|if\b)/ },
  decisions: { if_clause: null, for_in_clause: null },
  logical: { nodes: ["boolean_operator"], operators: ["and", "or"] },
  parentheses: "parenthesized_expression",
  jumps: { statements: [], label: "" },
  isLazyInFunctions: true,
  calls: "call",
  imports: { import_statement: importStatement, import_from_statement: fromStatement },
  conditions: [
    { text: /^if\s+(?:typing\.)?TYPE_CHECKING\s*:/, kind: "type" },
    // Runs when the file is the program, not when it is imported.
    { text: /^if\s+__name__\s*==/, kind: "dynamic" },
  ],
};

/** `import a.b as c, d` */
function importStatement(text: string): ImportStatement[] {
  return namesIn(text.slice("import".length)).map((specifier) => ({ specifier, kind: "static" }));
}

/** `from ..a import (b, c as d)`: each name may be a module below `..a` or something inside it, hence `..a:b`. */
function fromStatement(text: string): ImportStatement[] {
  const at = text.search(/\bimport\b/);
  if (at === -1) return [];
  const base = text.slice("from".length, at).replaceAll(/\s/g, "");
  const names = text.slice(at + "import".length);
  const found = namesIn(names.replaceAll(/[()]/g, ""));
  return (found.length === 0 ? ["*"] : found).map((name) => ({
    specifier: `${base}:${name}`,
    kind: "static",
  }));
}

function namesIn(list: string): string[] {
  return list
    .replaceAll(/#[^\n]*/g, "")
    .split(",")
    .map((part) => part.trim().split(/\s/)[0] ?? "")
    .filter((name) => /^[\w.]+$/.test(name));
}
