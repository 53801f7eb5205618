import {
  ancestor,
  type CodeNode,
  type CodeTree,
  childAt,
  fieldText,
  textOf,
} from "../code/code-tree.ts";
import { type Language, words } from "./language.ts";

export const PYTHON: Language = {
  functions: words("function_definition"),
  calls: words("call assert_statement"),
  returns: words("return_statement"),
  raises: words("raise_statement"),
  wrappers: words("expression_statement await"),
  ifs: words("if_statement elif_clause"),
  choices: words("conditional_expression while_statement"),
  imports: words("import_statement import_from_statement"),
  assignments: {
    assignment: ["left", "right"],
    keyword_argument: ["name", "value"],
    pair: ["key", "value"],
  },
  literals: words("string_content string_start string_end integer float true false none"),
  compounds: words("string list dictionary pair tuple set unary_operator expression_list"),
  constantCalls: /^(?:dict|list|set|tuple|frozenset)$/,
  constantNames: /^(?!)$/,
  nothing: /^(?:pass|\.\.\.|(?:[rRuUbB]{0,2})(?:"""|'''|"|')[\s\S]*)$/,
  assertion:
    /\bassert\b|\b(?:self|cls)\.(?:assert|fail)\w*\(|\bpytest\.(?:raises|warns|fail|deprecated_call)|\.assert_\w+\(|\braise\b|\bexpect\w*\(/,
  random: /\brandom\.\w+\(|\brandint\(|\buniform\(|\brand(?:n|int)?\(/,
  bodyOf: (node) => childAt(node, "body"),
  nameOf: (node, tree) => fieldText(node, "name", tree),
  kindOf: (node) => {
    if (classOf(node) === undefined) return "function";
    return "method";
  },
  ownerOf: (node, tree) => {
    const owner = classOf(node);
    return owner === undefined ? "" : fieldText(owner, "name", tree);
  },
  isBound: (node, tree) => {
    const owner = classOf(node);
    const bases = owner === undefined ? "" : fieldText(owner, "superclasses", tree);
    return !/^(?:|\(\)|\(object\))$/.test(bases);
  },
  isAbstract: (node, tree) => {
    const owner = classOf(node);
    const bases = owner === undefined ? "" : fieldText(owner, "superclasses", tree);
    return (
      /\b(?:Protocol|ABC|ABCMeta|Interface)\b/.test(bases) ||
      decoratorsOf(node, tree).some((text) => /\b(?:abstract\w*|overload)\b/.test(text))
    );
  },
  parametersOf: (node, tree) =>
    (childAt(node, "parameters")?.children ?? [])
      .map((parameter) => /\w+/.exec(textOf(parameter, tree))?.[0] ?? "")
      .filter((name) => name !== "" && name !== "self" && name !== "cls"),
  handlerOf: (node, tree) => {
    if (node.type !== "except_clause") return undefined;
    const body = node.children.find(({ type }) => type === "block");
    const tried = node.parent === undefined ? undefined : childAt(node.parent, "body");
    const takes = fieldText(node, "value", tree);
    return body === undefined ? undefined : { body, takes, tried };
  },
  testOf: (node, tree) => {
    if (node.type !== "function_definition") return undefined;
    const name = fieldText(node, "name", tree);
    const body = childAt(node, "body");
    if (!/^test(?:_|[A-Z]|$)/.test(name) || body === undefined) return undefined;
    if (decoratorsOf(node, tree).some((text) => /fixture|skip/.test(text))) return undefined;
    return { name, body };
  },
  isTestPart: () => false,
  skipOf: (node, tree) => {
    if (node.type !== "decorator") return undefined;
    const text = textOf(node, tree);
    if (!/^@(?:pytest\.mark\.skip|unittest\.skip|skip)\b(?!\w)/.test(text)) return undefined;
    return { left: "itself", hasReason: /["'][^"']{3}/.test(text) };
  },
};

function classOf(node: CodeNode): CodeNode | undefined {
  const outer = ancestor(node, ({ type }) => /^(?:class|function)_definition$/.test(type));
  return outer?.type === "class_definition" ? outer : undefined;
}

function decoratorsOf(node: CodeNode, tree: CodeTree): string[] {
  if (node.parent?.type !== "decorated_definition") return [];
  return node.parent.children
    .filter(({ type }) => type === "decorator")
    .map((decorator) => textOf(decorator, tree));
}
