/** One function, or the code of a file that stands outside all functions. */
export type MeasuredFunction = {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  /** From the one where it begins to the one where it ends. */
  readonly lines: number;
  readonly cyclomatic: number;
  /** Absent when it counts towards the function around it. */
  readonly cognitive?: number;
};

/** Stand for a name where there is none. */
export const TOP_LEVEL = "(top level)";
export const ANONYMOUS = "(anonymous)";

export type MeasuredFile = {
  /** Functions in the order of their places. */
  readonly functions: readonly MeasuredFunction[];
  readonly topLevel: MeasuredFunction;
};

/** What a function gathers while its code is walked. */
export interface Scope {
  readonly name: string;
  /** From 1, as is `column`. */
  readonly line: number;
  readonly column: number;
  readonly lines: number;
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

/** The functions around a node, innermost first. */
export interface Chain {
  readonly scope: Scope;
  readonly outer?: Chain;
}

/**
 * Whether a function that holds functions and no structure of its own lets them count for themselves: the exception that
 * the white paper makes for JavaScript, and for the decorators of Python.
 */
export type InnerFunctions = "separate-in-declaring" | "always-nested";

export function openScope(
  place: Pick<Scope, "name" | "line" | "column" | "lines" | "callName" | "nesting">,
): Scope {
  return {
    ...place,
    inner: [],
    decisions: 0,
    ownCognitive: 0,
    structures: 0,
    callsItself: false,
  };
}

/** Adds what an interruption of the flow costs: 1, and 1 more for each level it is nested. */
export function addStructure(scope: Scope, nesting: number): void {
  scope.ownCognitive += 1 + nesting;
  scope.structures++;
}

/** The white paper adds one for each method in a recursion; a name is all that is known of a callee here. */
export function noteCall(name: unknown, scopes: Chain): void {
  for (let chain: Chain | undefined = scopes; chain !== undefined; chain = chain.outer) {
    const { scope } = chain;
    if (scope.callName !== name || scope.callsItself) continue;
    scope.callsItself = true;
    scope.ownCognitive++;
    return;
  }
}

/** Scores what was gathered. `functions` are all scopes below `topLevel`. */
export function measuredFile(
  topLevel: Scope,
  functions: readonly Scope[],
  innerFunctions: InnerFunctions,
): MeasuredFile {
  topLevel.cognitive = topLevel.ownCognitive;
  for (const inner of topLevel.inner) scoreAsOuter(inner, innerFunctions);
  return {
    functions: functions.map(measured).sort((a, b) => a.line - b.line || a.column - b.column),
    topLevel: measured(topLevel),
  };
}

/** Scores a function that stands in no other one, or in one that merely declares functions. */
function scoreAsOuter(scope: Scope, innerFunctions: InnerFunctions): void {
  if (scope.structures > 0 || innerFunctions === "always-nested") {
    scope.cognitive = nested(scope, 0);
    return;
  }
  scope.cognitive = scope.ownCognitive;
  for (const inner of scope.inner) scoreAsOuter(inner, innerFunctions);
}

/** The whole cost of a function whose code stands `depth` levels deep. */
function nested(scope: Scope, depth: number): number {
  return scope.inner.reduce(
    (sum, inner) => sum + nested(inner, depth + inner.nesting + 1),
    scope.ownCognitive + depth * scope.structures,
  );
}

function measured({ name, line, column, lines, decisions, cognitive }: Scope): MeasuredFunction {
  return {
    name,
    line,
    column,
    lines,
    cyclomatic: decisions + 1,
    ...(cognitive === undefined ? {} : { cognitive }),
  };
}
