import type { ImportStatement, LanguageRules } from "./rules.ts";

/** Nobody lists more in one `use`; a hostile one could multiply. */
const LARGEST_USE = 1_000;

const COMMENTS = /\/\/[^\n]*|\/\*[^*]*\*\//g;

export const RUST: LanguageRules = {
  grammar: "tree-sitter-rust.wasm",
  innerFunctions: "always-nested",
  functions: { function_item: "free", closure_expression: "anonymous" },
  owners: ["impl_item", "trait_item"],
  structures: {
    if_expression: { decides: true, nested: ["consequence"] },
    for_expression: { decides: true, nested: ["body"] },
    while_expression: { decides: true, nested: ["body"] },
    loop_expression: { decides: true, nested: ["body"] },
    match_expression: { decides: false, nested: ["body"] },
  },
  elseIfs: ["if_expression"],
  elseClause: "else_clause",
  elseOnly: "let_declaration",
  inlineModule: "mod_item",
  cases: { match_arm: /^_\s*(?:=>|if\b)/ },
  decisions: { if: "match_pattern" },
  logical: { nodes: ["binary_expression", "let_chain"], operators: ["&&", "||"] },
  parentheses: "parenthesized_expression",
  jumps: { statements: ["break_expression", "continue_expression"], label: "label" },
  isLazyInFunctions: false,
  calls: "call_expression",
  imports: { use_declaration: useDeclaration, mod_item: moduleItem },
};

/** `pub use crate::a::{b, c::{d as e, f}};` */
function useDeclaration(text: string, inlineModules: number): ImportStatement[] {
  const tree = text.slice(text.search(/\buse\b/) + "use".length);
  return expand(tree.replaceAll(COMMENTS, " ")).flatMap((path) => {
    const specifier = fromFile(path, inlineModules);
    return specifier === undefined ? [] : [{ specifier, kind: "static" }];
  });
}

/** `mod a;` reads the file of that module; a module with a body has none. */
function moduleItem(text: string): ImportStatement[] {
  const name = text.endsWith(";") ? /\bmod\s+(?:r#)?(\w+)/.exec(text)?.[1] : undefined;
  return name === undefined ? [] : [{ specifier: `mod ${name}`, kind: "declaration" }];
}

/** A path inside modules of the file as it would be written outside them; undefined when it stays inside. */
function fromFile(path: string, inlineModules: number): string | undefined {
  if (inlineModules === 0 || /^(?:crate|::|\w+::)/.test(path) === false) return path;
  let rest = path;
  for (let level = 0; level < inlineModules; level++) {
    if (rest.startsWith("crate::")) return rest;
    if (!rest.startsWith("super::")) return rest.startsWith("self::") ? undefined : rest;
    rest = rest.slice("super::".length);
  }
  return rest.startsWith("super::") ? rest : `self::${rest}`;
}

/** The single paths of a tree of them, read from left to right with the prefixes that are open. */
function expand(tree: string): string[] {
  const paths: string[] = [];
  const prefixes: string[] = [""];
  let path = "";
  const end = (): void => {
    if (path !== "") paths.push(path.replace(/::$/, ""));
    path = prefixes.at(-1) ?? "";
  };
  for (const [token] of tree.matchAll(/::|[{},]|\bas\s+\w+|[\w#]+|\*/g)) {
    if (paths.length >= LARGEST_USE) break;
    if (token === "{") prefixes.push(path);
    else if (token === "}") {
      if (path !== prefixes.at(-1)) end();
      prefixes.pop();
      path = "";
    } else if (token === ",") end();
    else if (!/^as\s/.test(token)) path += token;
  }
  if (path !== "") paths.push(path);
  return paths;
}
