import { isNode, type SyntaxNode } from "../../syntax.ts";
import type { Edit } from "../edit.ts";
import { type SourceTree, startOf } from "../source-tree.ts";

/** The declarators of a declaration of this kind that is code, not a mere type. */
export function declaratorsOf(node: SyntaxNode, kind: "let" | "var"): SyntaxNode[] | undefined {
  if (node.type !== "VariableDeclaration" || node["kind"] !== kind) return undefined;
  if (node["declare"] === true) return undefined;
  const declarators: unknown = node["declarations"];
  return Array.isArray(declarators) ? declarators.filter(isNode) : undefined;
}

/** Names that a pattern of a declaration declares; undefined for a form that is not known. */
export function declaredNames(pattern: unknown): string[] | undefined {
  if (!isNode(pattern)) return undefined;
  switch (pattern.type) {
    case "Identifier":
      return [String(pattern["name"])];
    case "ObjectPattern":
      return allNames(pattern["properties"]);
    case "ArrayPattern":
      return allNames(pattern["elements"]);
    case "ObjectProperty":
      return declaredNames(pattern["value"]);
    case "AssignmentPattern":
      return declaredNames(pattern["left"]);
    case "RestElement":
      return declaredNames(pattern["argument"]);
    default:
      return undefined;
  }
}

/** Whether a declaration may be `const`: every declarator has a value, and none of its names is ever assigned. */
export function isConstant(
  declarators: readonly SyntaxNode[],
  { assigned }: SourceTree,
  { isInitialised }: { readonly isInitialised: boolean },
): boolean {
  return declarators.every((declarator) => {
    const names = declaredNames(declarator["id"]);
    const hasValue = isInitialised || isNode(declarator["init"]);
    return hasValue && names?.every((name) => !assigned.has(name)) === true;
  });
}

/** Puts another word in place of the one that a declaration begins with. */
export function withKeyword(node: SyntaxNode, old: "let" | "var", keyword: "let" | "const"): Edit {
  const start = startOf(node);
  return { start, end: start + old.length, text: keyword };
}

function allNames(patterns: unknown): string[] | undefined {
  if (!Array.isArray(patterns)) return undefined;
  const names = patterns.filter((each) => each !== null).map(declaredNames);
  return names.includes(undefined) ? undefined : names.flatMap((each) => each ?? []);
}
