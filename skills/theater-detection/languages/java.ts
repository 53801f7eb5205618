import {
  ancestor,
  type CodeNode,
  type CodeTree,
  childAt,
  fieldText,
  textOf,
} from "../code/code-tree.ts";
import { type Language, words } from "./language.ts";

const TYPES = words(
  "class_declaration interface_declaration enum_declaration record_declaration object_creation_expression",
);

export const JAVA: Language = {
  functions: words("method_declaration constructor_declaration"),
  calls: words("method_invocation object_creation_expression"),
  returns: words("return_statement"),
  raises: words("throw_statement"),
  wrappers: words("expression_statement"),
  ifs: words("if_statement"),
  choices: words("ternary_expression while_statement"),
  imports: words("import_declaration"),
  assignments: {
    variable_declarator: ["name", "value"],
    assignment_expression: ["left", "right"],
  },
  literals: words(
    "true false null_literal decimal_integer_literal decimal_floating_point_literal hex_integer_literal string_fragment escape_sequence character_literal",
  ),
  compounds: words("string_literal unary_expression array_initializer argument_list"),
  constantCalls:
    /^(?:List|Set|Map)\.of$|^Arrays\.asList$|^Collections\.empty\w+$|^Optional\.(?:of|empty)$|^CompletableFuture\.completedFuture$|^new\w+$/,
  constantNames: /^(?!)$/,
  nothing: /^;$/,
  assertion:
    /\bassert\w*\b|\b(?:verify|fail|expect|should|then|check)\w*\s*\(|\bthrow\b|\.(?:should|andExpect)\w*\(/,
  random:
    /\bMath\.random\(|\b(?:new (?:Secure)?Random\(|ThreadLocalRandom\.|random\.next)|\b\w*[rR]andom\.next\w+\(/,
  bodyOf: (node) => childAt(node, "body"),
  nameOf: (node, tree) => fieldText(node, "name", tree),
  kindOf: (node) => (node.type === "constructor_declaration" ? "constructor" : "method"),
  ownerOf: (node, tree) => {
    const owner = ancestor(node, ({ type }) => TYPES.has(type));
    return owner === undefined ? "" : fieldText(owner, "name", tree);
  },
  isBound: (node, tree) => /@Override\b/.test(modifiersOf(node, tree)) || isInInterface(node),
  isAbstract: (node) => childAt(node, "body") === undefined || isInInterface(node),
  parametersOf: (node, tree) =>
    (childAt(node, "parameters")?.children ?? [])
      .map((parameter) => /(\w+)\s*$/.exec(textOf(parameter, tree))?.[1] ?? "")
      .filter((name) => name !== ""),
  handlerOf: (node, tree) => {
    const body = node.type === "catch_clause" ? childAt(node, "body") : undefined;
    const tried = node.parent === undefined ? undefined : childAt(node.parent, "body");
    const takes = node.children.find(({ type }) => type === "catch_formal_parameter");
    if (body === undefined || takes === undefined) return undefined;
    return { body, takes: textOf(takes, tree), tried };
  },
  testOf: (node, tree) => {
    const body = node.type === "method_declaration" ? childAt(node, "body") : undefined;
    const modifiers = modifiersOf(node, tree);
    if (!/@(?:Parameterized|Repeated)?Test\b/.test(modifiers) || body === undefined)
      return undefined;
    if (/expected\s*=|@(?:Disabled|Ignore)\b/.test(modifiers)) return undefined;
    return { name: fieldText(node, "name", tree), body };
  },
  isTestPart: () => false,
  skipOf: (node, tree) => {
    if (node.type !== "marker_annotation" && node.type !== "annotation") return undefined;
    const text = textOf(node, tree);
    if (!/^@(?:Disabled|Ignore)\b/.test(text)) return undefined;
    return { left: "itself", hasReason: /"[^"]{3}/.test(text) };
  },
};

function isInInterface(node: CodeNode): boolean {
  return ancestor(node, ({ type }) => TYPES.has(type))?.type === "interface_declaration";
}

function modifiersOf(node: CodeNode, tree: CodeTree): string {
  const modifiers = node.children.find(({ type }) => type === "modifiers");
  return modifiers === undefined ? "" : textOf(modifiers, tree);
}
