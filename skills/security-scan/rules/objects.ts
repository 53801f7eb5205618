import { isNode, type SyntaxNode } from "../../syntax.ts";
import { dottedName, isCall, isMember, unwrap } from "../names.ts";
import { type Rule, resolve } from "../rule.ts";
import { findBinding, nameOf, nodesWithin, type Scope, soleOrigin } from "../scope.ts";
import { isFromRequest } from "../values.ts";

/** Nodes that are looked at in one function. */
const MOST_NODES = 600;

/** Keys of others in objects of the program. */
export const OBJECT_RULES: readonly Rule[] = [
  {
    id: "security/prototype-pollution",
    cwe: "CWE-1321",
    severity: "high",
    message: "a key named `__proto__` changes the prototype of all objects",
    fix: "Refuse the keys `__proto__`, `constructor` and `prototype`, or use a `Map`.",
    find({ node, scope }) {
      if (node.type === "AssignmentExpression")
        return writesRequestPath(node, scope) ? "high" : undefined;
      return isLoopOverKeys(node, scope) && mergesDeeply(node, scope) ? "medium" : undefined;
    },
  },
  {
    id: "security/method-from-request",
    cwe: "CWE-470",
    severity: "high",
    message: "the request decides which method is called",
    fix: "Look the method up in a `Map` of allowed ones.",
    find({ node, scope }) {
      if (node.type !== "CallExpression") return undefined;
      const callee = unwrap(node["callee"]);
      if (!isNode(callee) || !isMember(callee) || callee["computed"] !== true) return undefined;
      return isFromRequest(callee["property"], scope) ? "high" : undefined;
    },
  },
];

/** `settings[req.body.section][req.body.key] = …` */
function writesRequestPath(node: SyntaxNode, scope: Scope): boolean {
  const target = unwrap(node["left"]);
  if (!isNode(target) || !isMember(target) || target["computed"] !== true) return false;
  const object = unwrap(target["object"]);
  if (!isNode(object) || !isMember(object) || object["computed"] !== true) return false;
  return isFromRequest(object["property"], scope) && isFromRequest(target["property"], scope);
}

/** `for (const key in source)`, and `for (const key of Object.keys(source))` */
function isLoopOverKeys(node: SyntaxNode, scope: Scope): boolean {
  if (node.type === "ForInStatement") return true;
  const list = node.type === "ForOfStatement" ? node["right"] : undefined;
  return isNode(list) && isCall(list) && dottedName(list["callee"], scope) === "Object.keys";
}

/** A loop over all keys that writes them to another object and goes into the values with the same function. */
function mergesDeeply(loop: SyntaxNode, scope: Scope): boolean {
  const key = loopVariable(loop["left"]);
  if (key === undefined) return false;
  let writes = false;
  let recurs = false;
  for (const node of nodesWithin(scope.owner, MOST_NODES)) {
    if (isForbiddenKey(node)) return false;
    if (node.type === "AssignmentExpression" && isKeyed(node["left"], key)) {
      writes ||= !isOwnObject(node["left"], scope);
    }
    if (isCall(node) && isOwner(node["callee"], scope)) {
      recurs ||= (node["arguments"] as unknown[]).some((each) => isKeyed(each, key));
    }
  }
  return writes && recurs;
}

/** An object that the function made itself: what is written to it stays in it. */
function isOwnObject(target: unknown, scope: Scope): boolean {
  const member = unwrap(target);
  const object = isNode(member) ? resolve(member["object"], scope) : undefined;
  return isNode(object) && object.type === "ObjectExpression";
}

function loopVariable(left: unknown): string | undefined {
  if (!isNode(left)) return undefined;
  if (left.type !== "VariableDeclaration") return nameOf(left);
  const [first] = left["declarations"] as { id?: unknown }[];
  return nameOf(first?.id);
}

/** Whether a name is that of the function it stands in. */
function isOwner(callee: unknown, scope: Scope): boolean {
  const name = nameOf(callee);
  return name !== undefined && soleOrigin(findBinding(name, scope))?.node === scope.owner;
}

function isForbiddenKey(node: SyntaxNode): boolean {
  if (node.type === "StringLiteral")
    return /^(?:__proto__|constructor|prototype)$/.test(nameOf(node) ?? "");
  const name = node.type === "Identifier" ? (nameOf(node) ?? "") : "";
  return /(?:forbidden|unsafe|safe|blocked|dangerous|proto).*key|isUnsafe|isPrototype/i.test(name);
}

function isKeyed(given: unknown, key: string): boolean {
  const node = unwrap(given);
  return (
    isNode(node) && isMember(node) && node["computed"] === true && nameOf(node["property"]) === key
  );
}
