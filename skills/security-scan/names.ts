import { isNode, type SyntaxNode } from "../syntax.ts";
import { findBinding, moduleName, nameOf, type Scope, soleOrigin } from "./scope.ts";

/** Steps from a name to what it stands for; more than a person would follow. */
const MOST_STEPS = 12;

/**
 * What a name or a chain of names stands for, with dots: `child_process.exec` for what was imported or required, however
 * it is called in the file; `document.write` for a global; with `~` before it when the first name is the file's own.
 * Undefined for anything else.
 */
export function dottedName(node: unknown, scope: Scope, steps = MOST_STEPS): string | undefined {
  const path: string[] = [];
  let root = unwrap(node);
  while (isNode(root) && isMember(root)) {
    const property = propertyName(root);
    if (property === undefined || path.length > MOST_STEPS) return undefined;
    path.unshift(property);
    root = unwrap(root["object"]);
  }
  const start = rootName(root, scope, steps);
  return start === undefined ? undefined : [start, ...path].filter((part) => part !== "").join(".");
}

export function isMember(node: SyntaxNode): boolean {
  return node.type === "MemberExpression" || node.type === "OptionalMemberExpression";
}

export function isCall(node: SyntaxNode): boolean {
  return node.type === "CallExpression" || node.type === "OptionalCallExpression";
}

/** The name of the property that a member expression takes; undefined when it is computed while the code runs. */
export function propertyName(node: SyntaxNode): string | undefined {
  const property = node["property"];
  if (isNode(property) && property.type === "PrivateName") return nameOf(property["id"]);
  if (node["computed"] !== true) return nameOf(property);
  return isNode(property) && property.type === "StringLiteral" ? nameOf(property) : undefined;
}

const WRAPPERS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "ParenthesizedExpression",
  "ChainExpression",
]);

/** The value without what only types say of it. */
export function unwrap(node: unknown): unknown {
  let inner = node;
  while (isNode(inner) && WRAPPERS.has(inner.type)) inner = inner["expression"];
  return inner;
}

function rootName(root: unknown, scope: Scope, steps: number): string | undefined {
  if (!isNode(root) || steps <= 0) return undefined;
  switch (root.type) {
    case "Identifier":
      return nameOfVariable(String(root["name"]), scope, steps);
    case "ThisExpression":
      return "~this";
    case "AwaitExpression":
      return rootName(unwrap(root["argument"]), scope, steps);
    case "ImportExpression":
      return moduleName(root["source"]);
    case "MetaProperty":
      return "import.meta";
    case "CallExpression":
      return calledModule(root, scope, steps);
    default:
      return undefined;
  }
}

/** `require("x")`, and a function in a wrapper: `promisify(exec)` does what `exec` does. */
function calledModule(call: SyntaxNode, scope: Scope, steps: number): string | undefined {
  const callee = call["callee"];
  const [first] = call["arguments"] as unknown[];
  if (!isNode(callee)) return undefined;
  if (callee.type === "Import") return moduleName(first);
  if (nameOf(callee) === "require") return moduleName(first);
  const isWrapper = dottedName(callee, scope, steps - 1) === "util.promisify";
  return isWrapper ? dottedName(first, scope, steps - 1) : undefined;
}

function nameOfVariable(name: string, scope: Scope, steps: number): string {
  const binding = findBinding(name, scope);
  if (binding === undefined) return name;
  if (binding.imported !== undefined) {
    const { module, name: part } = binding.imported;
    return part === "" ? module : `${module}.${part}`;
  }
  const origin = soleOrigin(binding);
  if (origin === undefined || origin.path.includes("")) return `~${name}`;
  const start = dottedName(origin.node, scope, steps - 1);
  return start === undefined ? `~${name}` : [start, ...origin.path].join(".");
}
