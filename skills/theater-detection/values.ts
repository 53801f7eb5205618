import { type CodeNode, type CodeTree, childAt, nodesBelow, textOf } from "./code/code-tree.ts";
import type { Value } from "./facts.ts";
import type { Language } from "./languages/language.ts";

/** Of a value only its beginning is kept. */
const LONGEST_TEXT = 500;
/** Fields that name a part and are no value. */
const NAMING_FIELDS: ReadonlySet<string> = new Set(["key", "type", "name", "field"]);
/** Deeper data is no stub, and recursion needs an end. */
const DEEPEST = 12;

export function valueIn(node: CodeNode, tree: CodeTree, language: Language): Value {
  const text = textOf(node, tree).slice(0, LONGEST_TEXT);
  return {
    isConstant: isConstant(node, tree, language, DEEPEST),
    isRandom: language.random.test(text),
    text,
  };
}

function isConstant(node: CodeNode, tree: CodeTree, language: Language, depth: number): boolean {
  if (depth === 0) return false;
  if (language.literals.has(node.type)) return true;
  const all = (nodes: readonly CodeNode[]): boolean =>
    nodes.every((child) => isConstant(child, tree, language, depth - 1));
  if (language.compounds.has(node.type)) {
    return all(node.children.filter(({ field }) => !NAMING_FIELDS.has(field)));
  }
  if (language.calls.has(node.type)) {
    return language.constantCalls.test(calledName(node, tree)) && all(argumentsOf(node));
  }
  return node.children.length === 0 && language.constantNames.test(textOf(node, tree));
}

/** What a call calls, without white space. */
export function calledName(node: CodeNode, tree: CodeTree): string {
  const isNew = node.type === "NewExpression" || node.type === "object_creation_expression";
  const called =
    childAt(node, "callee") ??
    childAt(node, "function") ??
    childAt(node, "macro") ??
    (isNew ? childAt(node, "type") : undefined);
  if (called !== undefined) {
    const macro = node.type === "macro_invocation" ? "!" : "";
    return `${isNew ? "new" : ""}${textOf(called, tree).slice(0, LONGEST_TEXT).replace(/\s+/g, "")}${macro}`;
  }
  if (node.type === "assert_statement") return "assert";
  const object = childAt(node, "object");
  const name = childAt(node, "name");
  const parts = [object, name].filter((part) => part !== undefined);
  return parts
    .map((part) => textOf(part, tree).slice(0, LONGEST_TEXT).replace(/\s+/g, ""))
    .join(".");
}

export function argumentsOf(node: CodeNode): readonly CodeNode[] {
  if (node.type === "assert_statement") return node.children;
  const written = node.children.filter(({ field }) => field === "arguments");
  const [first] = written;
  const isList = first !== undefined && /^arguments?(?:_list)?$/.test(first.type);
  if (isList) return first.children;
  const macro = node.children.find(({ type }) => type === "token_tree");
  return macro === undefined ? written : macro.children;
}

/** Whether one of the names stands in the code below. */
export function usesNames(node: CodeNode, names: readonly string[], tree: CodeTree): boolean {
  const wanted = new Set(names.filter((name) => !name.startsWith("_")));
  if (wanted.size === 0) return false;
  for (const inner of [node, ...nodesBelow(node)]) {
    if (inner.children.length > 0 || inner.end - inner.start > 100) continue;
    const text = textOf(inner, tree);
    if (wanted.has(text) || wanted.has(/^[\w$]+/.exec(text)?.[0] ?? "")) return true;
  }
  return false;
}
