import type { Finding, Severity } from "../finding.ts";
import { isNode, type SyntaxNode } from "../syntax.ts";
import { dottedName, isCall, isMember, propertyName, unwrap } from "./names.ts";
import { findBinding, nameOf, type Scope, soleOrigin, type Visit } from "./scope.ts";
import { constantText } from "./values.ts";

/** How sure it is that a place is what the rule says. */
export type Confidence = NonNullable<Finding["confidence"]>;

/** One kind of dangerous code. */
export interface Rule {
  readonly id: `security/${string}`;
  readonly cwe: `CWE-${number}`;
  readonly severity: Severity;
  /** Why it is dangerous. */
  readonly message: string;
  readonly fix: string;
  /**
   * How sure it is that this node is such code; undefined when it is not.
   * Contract: changes nothing but the budget, and looks at a bounded number of nodes.
   */
  find(site: Site): Confidence | undefined;
}

/** What the rules may still spend on one file. */
export interface Budget {
  /** Regular expressions that are analysed: a hostile one takes up to half a second. */
  regularExpressions: number;
}

/** A node, and the call that it is. */
export interface Site extends Visit {
  readonly call?: Call;
  readonly budget: Budget;
}

export interface Call {
  /** See `dottedName`; "" when the function has no such name. */
  readonly name: string;
  /** The last part of the name, also when the rest is not known. */
  readonly method: string;
  /** What the method belongs to; undefined for a plain function. */
  readonly object: unknown;
  readonly args: readonly unknown[];
  readonly isNew: boolean;
}

export function siteOf(visit: Visit, budget: Budget): Site {
  const { node, scope } = visit;
  const isNew = node.type === "NewExpression";
  if (!isNew && !isCall(node)) return { ...visit, budget };
  const callee = unwrap(node["callee"]);
  if (!isNode(callee)) return { ...visit, budget };
  return {
    ...visit,
    budget,
    call: {
      name: dottedName(callee, scope) ?? "",
      method: (isMember(callee) ? propertyName(callee) : nameOf(callee)) ?? "",
      object: isMember(callee) ? callee["object"] : undefined,
      args: node["arguments"] as unknown[],
      isNew,
    },
  };
}

/** Follows a variable that has one value to that value. */
export function resolve(node: unknown, scope: Scope): unknown {
  const value = unwrap(node);
  if (!isNode(value) || value.type !== "Identifier") return value;
  const origin = soleOrigin(findBinding(String(value["name"]), scope));
  return origin?.path.length === 0 ? unwrap(origin.node) : value;
}

/** Properties of one object that are looked at. */
const MOST_PROPERTIES = 200;

/** A property of an object that stands in the code, also by way of a variable; undefined when there is none. */
export function property(object: unknown, name: string, scope: Scope): unknown {
  const value = resolve(object, scope);
  if (!isNode(value) || value.type !== "ObjectExpression") return undefined;
  const found = (value["properties"] as SyntaxNode[])
    .slice(0, MOST_PROPERTIES)
    .findLast((each) => each.type === "ObjectProperty" && nameOf(each["key"]) === name);
  return found?.["value"];
}

/** Whether all properties of an object stand in the code. */
export function isWhole(object: unknown, scope: Scope): boolean {
  const value = resolve(object, scope);
  return (
    isNode(value) &&
    value.type === "ObjectExpression" &&
    (value["properties"] as SyntaxNode[]).length <= MOST_PROPERTIES &&
    (value["properties"] as SyntaxNode[]).every(({ type }) => type !== "SpreadElement")
  );
}

export function isTrue(node: unknown, scope: Scope): boolean {
  return hasValue(node, scope, true);
}

export function isFalse(node: unknown, scope: Scope): boolean {
  return hasValue(node, scope, false);
}

function hasValue(node: unknown, scope: Scope, expected: boolean): boolean {
  const value = resolve(node, scope);
  return isNode(value) && value.type === "BooleanLiteral" && value["value"] === expected;
}

/** The number that stands in the code; undefined when it is computed. */
export function constantNumber(node: unknown, scope: Scope): number | undefined {
  const value = resolve(node, scope);
  return isNode(value) && value.type === "NumericLiteral" ? Number(value["value"]) : undefined;
}

/** Whether a value is text that stands in the code and is not empty. */
export function isHardCoded(node: unknown, scope: Scope): boolean {
  const value = resolve(node, scope);
  if (!isNode(value)) return false;
  if (value.type !== "StringLiteral" && value.type !== "TemplateLiteral") return false;
  return (constantText(value, scope) ?? "") !== "";
}
