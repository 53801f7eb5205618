import type { LanguageRules } from "./rules.ts";

export const JAVA: LanguageRules = {
  grammar: "tree-sitter-java.wasm",
  innerFunctions: "always-nested",
  functions: {
    method_declaration: "free",
    constructor_declaration: "method",
    compact_constructor_declaration: "method",
    lambda_expression: "anonymous",
  },
  owners: [],
  structures: {
    if_statement: { decides: true, nested: ["consequence"] },
    for_statement: { decides: true, nested: ["body"] },
    enhanced_for_statement: { decides: true, nested: ["body"] },
    while_statement: { decides: true, nested: ["body"] },
    do_statement: { decides: true, nested: ["body"] },
    ternary_expression: { decides: true, nested: ["consequence", "alternative"] },
    switch_expression: { decides: false, nested: ["body"] },
    catch_clause: { decides: false, nested: ["body"] },
  },
  elseIfs: ["if_statement"],
  cases: { switch_label: /^default\b|^case\s+null\s*,\s*default\b/ },
  decisions: { guard: null },
  logical: { nodes: ["binary_expression"], operators: ["&&", "||"] },
  parentheses: "parenthesized_expression",
  jumps: { statements: ["break_statement", "continue_statement"], label: "identifier" },
  isLazyInFunctions: false,
  calls: "method_invocation",
  imports: {
    import_declaration: (text) => {
      const [, isStatic, name] =
        /^import\s+(static\s+)?([\w.]+(?:\s*\.\s*\*)?)\s*;$/.exec(text) ?? [];
      if (name === undefined) return [];
      const whole = name.replaceAll(/\s/g, "");
      // A static import names a member of the class that it loads.
      const specifier = isStatic === undefined ? whole : whole.replace(/\.(?:\w+|\*)$/, "");
      // A whole package is named, and which of its classes are used is not said.
      return [{ specifier, kind: specifier.endsWith(".*") ? "declaration" : "static" }];
    },
  },
  packageName: { node: "package_declaration", name: /\bpackage\s+([\w.]+)\s*;$/ },
};
