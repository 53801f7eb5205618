import { isNode, type SyntaxNode } from "../syntax.ts";
import {
  ANONYMOUS,
  addStructure,
  type Chain,
  type MeasuredFile,
  measuredFile,
  noteCall,
  openScope,
  type Scope,
  TOP_LEVEL,
} from "./scope.ts";

/**
 * Measures every function of a JavaScript or TypeScript file. Cyclomatic: decision points + 1. Cognitive: the white paper of SonarSource
 * (https://www.sonarsource.com/docs/CognitiveComplexity.pdf), sections B1 to B3 and the JavaScript exception of its appendix A.
 */
export function measureFile(program: SyntaxNode): MeasuredFile {
  const topLevel = scopeOf({ node: program, parent: undefined, nesting: 0 });
  return measuredFile(topLevel, collect(program, topLevel), "separate-in-declaring");
}

function scopeOf({ node, parent, nesting }: Pick<Visit, "node" | "parent" | "nesting">): Scope {
  return openScope({
    name: nameOf(node, parent),
    line: node.loc?.start.line ?? 1,
    column: (node.loc?.start.column ?? 0) + 1,
    lines: (node.loc?.end.line ?? 1) - (node.loc?.start.line ?? 1) + 1,
    callName: callNameOf(node, parent),
    nesting,
  });
}

/** A node to be looked at, and where it stands. */
interface Visit {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode | undefined;
  readonly scopes: Chain;
  readonly nesting: number;
  /** Says of an `if` that it continues an `else`, and of a logical expression that its sequence is already counted. */
  readonly isContinuation: boolean;
}

/** Walks with a list of its own, because long chains such as `a + b + …` are thousands of nodes deep. */
function collect(program: SyntaxNode, topLevel: Scope): Scope[] {
  const functions: Scope[] = [];
  const visits: Visit[] = [
    {
      node: program,
      parent: undefined,
      scopes: { scope: topLevel },
      nesting: 0,
      isContinuation: false,
    },
  ];
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    if (FUNCTIONS.has(visit.node.type)) {
      const scope = scopeOf(visit);
      visit.scopes.scope.inner.push(scope);
      functions.push(scope);
      visits.push(...childrenOf({ ...visit, scopes: { scope, outer: visit.scopes }, nesting: 0 }));
    } else {
      count(visit);
      visits.push(...childrenOf(visit));
    }
  }
  return functions;
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ObjectMethod",
  "ClassMethod",
  "ClassPrivateMethod",
]);

const LOOPS: ReadonlySet<string> = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

const LOGICAL_ASSIGNMENTS: ReadonlySet<unknown> = new Set(["&&=", "||=", "??="]);

/** Adds what a node itself costs to the function it stands in. */
function count(visit: Visit): void {
  const { node } = visit;
  const { scope } = visit.scopes;
  if (LOOPS.has(node.type)) {
    scope.decisions++;
    addStructure(scope, visit.nesting);
    return;
  }
  switch (node.type) {
    case "IfStatement":
      scope.decisions++;
      if (visit.isContinuation) scope.ownCognitive++;
      else addStructure(scope, visit.nesting);
      if (isNode(node["alternate"]) && !isIf(node["alternate"])) scope.ownCognitive++;
      return;
    case "ConditionalExpression":
      scope.decisions++;
      addStructure(scope, visit.nesting);
      return;
    case "SwitchStatement":
    case "CatchClause":
      addStructure(scope, visit.nesting);
      return;
    case "SwitchCase":
      if (isNode(node["test"])) scope.decisions++;
      return;
    case "BreakStatement":
    case "ContinueStatement":
      if (isNode(node["label"])) scope.ownCognitive++;
      return;
    case "AssignmentExpression":
      if (LOGICAL_ASSIGNMENTS.has(node["operator"])) scope.decisions++;
      return;
    case "LogicalExpression":
      scope.decisions++;
      if (!visit.isContinuation) scope.ownCognitive += countSequences(node);
      return;
    case "CallExpression":
    case "OptionalCallExpression":
      noteRecursion(visit);
      return;
    default:
  }
}

function isSequenceOperator(operator: unknown): boolean {
  return operator === "&&" || operator === "||";
}

/** Runs of like operators in reading order: `a && b && c || d` has two. */
function countSequences(node: SyntaxNode): number {
  let sequences = 0;
  let last: unknown;
  const rest: unknown[] = [node];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === "string") {
      if (next !== last) sequences++;
      last = next;
    } else if (isSequence(next)) {
      rest.push(next["right"], next["operator"], next["left"]);
    }
  }
  return sequences;
}

function isSequence(node: unknown): node is SyntaxNode {
  return isNode(node) && node.type === "LogicalExpression" && isSequenceOperator(node["operator"]);
}

function noteRecursion({ node, scopes }: Visit): void {
  const callee = node["callee"];
  if (isNode(callee) && callee.type === "Identifier") noteCall(callee["name"], scopes);
}

function childrenOf(visit: Visit): Visit[] {
  const children: Visit[] = [];
  for (const [field, value] of Object.entries(visit.node)) {
    for (const node of Array.isArray(value) ? value : [value]) {
      if (!isNode(node)) continue;
      const isElseIf = field === "alternate" && isIf(visit.node) && isIf(node);
      children.push({
        node,
        parent: visit.node,
        scopes: visit.scopes,
        nesting: visit.nesting + (!isElseIf && isNested(visit.node.type, field) ? 1 : 0),
        isContinuation: isElseIf || (isSequence(visit.node) && isSequence(node)),
      });
    }
  }
  return children;
}

/** Whether code in this field stands one level deeper than the node itself. A condition does not. */
function isNested(type: string, field: string): boolean {
  switch (type) {
    case "IfStatement":
    case "ConditionalExpression":
      return field === "consequent" || field === "alternate";
    case "SwitchStatement":
      return field === "cases";
    case "CatchClause":
      return field === "body";
    default:
      return LOOPS.has(type) && field === "body";
  }
}

function isIf({ type }: SyntaxNode): boolean {
  return type === "IfStatement";
}

/** What a reader would call the function: its own name, or that of what it is assigned to. */
function nameOf(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  if (parent === undefined) return TOP_LEVEL;
  return textOf(node["id"]) ?? textOf(node["key"]) ?? nameGivenBy(parent, node) ?? ANONYMOUS;
}

function callNameOf(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  return (
    textOf(node["id"]) ?? (parent?.type === "VariableDeclarator" ? textOf(parent["id"]) : undefined)
  );
}

function nameGivenBy(parent: SyntaxNode, node: SyntaxNode): string | undefined {
  if (parent["init"] === node && parent.type === "VariableDeclarator") return textOf(parent["id"]);
  if (parent["value"] === node) return textOf(parent["key"]);
  if (parent["right"] === node) return textOf(parent["left"]);
  return undefined;
}

function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  switch (node.type) {
    case "Identifier":
      return String(node["name"]);
    case "StringLiteral":
    case "NumericLiteral":
      return String(node["value"]);
    case "PrivateName":
      return `#${textOf(node["id"]) ?? ""}`;
    case "MemberExpression":
      return textOf(node["property"]);
    default:
      return undefined;
  }
}
