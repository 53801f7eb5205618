import { isNode, type SyntaxNode } from "../syntax.ts";

/** One function, or the code of a file that stands outside all functions. */
export interface MeasuredFunction {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly cyclomatic: number;
  /** Absent when it counts towards the function around it. */
  readonly cognitive?: number;
}

/** Stand for a name where there is none. */
export const TOP_LEVEL = "(top level)";
export const ANONYMOUS = "(anonymous)";

export interface MeasuredFile {
  /** Functions in the order of their places. */
  readonly functions: readonly MeasuredFunction[];
  readonly topLevel: MeasuredFunction;
}

/**
 * Measures every function of a file. Cyclomatic: decision points + 1. Cognitive: the white paper of SonarSource
 * (https://www.sonarsource.com/docs/CognitiveComplexity.pdf), sections B1 to B3 and the JavaScript exception of its appendix A.
 */
export function measureFile(program: SyntaxNode): MeasuredFile {
  const topLevel = openScope({ node: program, parent: undefined, nesting: 0 });
  const scopes = collect(program, topLevel);
  scoreAsOuter(topLevel);
  const functions = scopes.map(measured).sort((a, b) => a.line - b.line || a.column - b.column);
  return { functions, topLevel: measured(topLevel) };
}

/** What a function gathers while its code is walked. */
interface Scope {
  readonly name: string;
  readonly node: SyntaxNode;
  /** The name under which the function's own code can call it. */
  readonly callName: string | undefined;
  /** Nesting inside the surrounding function at which this one stands. */
  readonly nesting: number;
  readonly inner: Scope[];
  decisions: number;
  /** Cognitive increments of the function's own code, as if it stood outside all others. */
  ownCognitive: number;
  /** How many of them grow with each level of nesting. */
  structures: number;
  callsItself: boolean;
  cognitive?: number;
}

function openScope({ node, parent, nesting }: Pick<Visit, "node" | "parent" | "nesting">): Scope {
  return {
    name: nameOf(node, parent),
    node,
    callName: callNameOf(node, parent),
    nesting,
    inner: [],
    decisions: 0,
    ownCognitive: 0,
    structures: 0,
    callsItself: false,
  };
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

/** The functions around a node, innermost first. */
interface Chain {
  readonly scope: Scope;
  readonly outer?: Chain;
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
      const scope = openScope(visit);
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
    addStructure(visit);
    return;
  }
  switch (node.type) {
    case "IfStatement":
      scope.decisions++;
      if (visit.isContinuation) scope.ownCognitive++;
      else addStructure(visit);
      if (isNode(node["alternate"]) && !isIf(node["alternate"])) scope.ownCognitive++;
      return;
    case "ConditionalExpression":
      scope.decisions++;
      addStructure(visit);
      return;
    case "SwitchStatement":
    case "CatchClause":
      addStructure(visit);
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

function addStructure({ scopes: { scope }, nesting }: Visit): void {
  scope.ownCognitive += 1 + nesting;
  scope.structures++;
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

/** The white paper adds one for each method in a recursion; a name is all that is known of a callee here. */
function noteRecursion({ node, scopes }: Visit): void {
  const callee = node["callee"];
  if (!isNode(callee) || callee.type !== "Identifier") return;
  for (let chain: Chain | undefined = scopes; chain !== undefined; chain = chain.outer) {
    const { scope } = chain;
    if (scope.callName !== callee["name"] || scope.callsItself) continue;
    scope.callsItself = true;
    scope.ownCognitive++;
    return;
  }
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

/** Scores code that stands in no other function, or in one that merely declares functions. */
function scoreAsOuter(scope: Scope): void {
  if (scope.structures > 0 && scope.node.type !== "Program") {
    scope.cognitive = nested(scope, 0);
    return;
  }
  scope.cognitive = scope.ownCognitive;
  for (const inner of scope.inner) scoreAsOuter(inner);
}

/** The whole cost of a function whose code stands `depth` levels deep. */
function nested(scope: Scope, depth: number): number {
  return scope.inner.reduce(
    (sum, inner) => sum + nested(inner, depth + inner.nesting + 1),
    scope.ownCognitive + depth * scope.structures,
  );
}

function measured({ name, node, decisions, cognitive }: Scope): MeasuredFunction {
  return {
    name,
    line: node.loc?.start.line ?? 1,
    column: (node.loc?.start.column ?? 0) + 1,
    cyclomatic: decisions + 1,
    ...(cognitive === undefined ? {} : { cognitive }),
  };
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
