import type { LanguageRules } from "./rules.ts";

export const GO: LanguageRules = {
  grammar: "tree-sitter-go.wasm",
  innerFunctions: "always-nested",
  functions: {
    function_declaration: "free",
    method_declaration: "method",
    func_literal: "anonymous",
  },
  owners: [],
  structures: {
    if_statement: { decides: true, nested: ["consequence"] },
    for_statement: { decides: true, nested: ["body"] },
    expression_switch_statement: { decides: false, nested: ["expression_case", "default_case"] },
    type_switch_statement: { decides: false, nested: ["type_case", "default_case"] },
    select_statement: { decides: false, nested: ["communication_case", "default_case"] },
  },
  elseIfs: ["if_statement"],
  cases: { expression_case: null, type_case: null, communication_case: null },
  decisions: {},
  logical: { nodes: ["binary_expression"], operators: ["&&", "||"] },
  parentheses: "parenthesized_expression",
  jumps: {
    statements: ["break_statement", "continue_statement", "goto_statement"],
    label: "label_name",
  },
  isLazyInFunctions: false,
  calls: "call_expression",
  imports: {
    import_spec: (text) => {
      const specifier = /["`]([^"`]+)["`]$/.exec(text)?.[1];
      return specifier === undefined ? [] : [{ specifier, kind: "static" }];
    },
  },
  packageName: { node: "package_clause", name: /^package\s+(\w+)/ },
};
