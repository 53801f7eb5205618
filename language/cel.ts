import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  type Limits,
  ParseError,
} from "@marcbachmann/cel-js";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { InputType } from "../core/plan.ts";

/**
 * The Common Expression Language (https://cel.dev) as cascades have it: all numbers are doubles, as in JSON, so the
 * operators between doubles and the integers that CEL's own functions return are registered here.
 */

const WRITTEN_LIMITS: Limits = {
  maxAstNodes: LIMITS.expressionNodes,
  maxDepth: LIMITS.expressionDepth,
  maxListElements: 1_000,
  maxMapEntries: 1_000,
  maxCallArguments: 32,
};
/** What is printed from a checked tree has parentheses of its own around every operator. */
const PRINTED_LIMITS: Limits = {
  ...WRITTEN_LIMITS,
  maxAstNodes: LIMITS.expressionNodes * 8,
  maxDepth: LIMITS.expressionNodes * 8,
};

const OPTIONS = { enableOptionalTypes: true, homogeneousAggregateLiterals: false };
const reader = new Environment({ ...OPTIONS, limits: WRITTEN_LIMITS });
const base = registerNumbers(new Environment({ ...OPTIONS, limits: PRINTED_LIMITS }));

/** A place in the text, from 0; `end` is not part of it. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export interface CelProblem {
  readonly code: string;
  readonly message: string;
  readonly range: TextRange | undefined;
}

/** @returns the syntax tree, or what is wrong with the text */
export function parseCel(text: string): { readonly tree: ASTNode } | CelProblem {
  try {
    return { tree: reader.parse(text).ast };
  } catch (error) {
    if (error instanceof ParseError) return problemOf(error);
    throw error;
  }
}

/** The type of an expression whose variables `r0`, `r1`, … have these types, or what is wrong with it. */
export function checkCel(
  text: string,
  variables: readonly InputType[],
): { readonly type: InputType } | CelProblem {
  const environment = base.clone();
  for (const [index, type] of variables.entries()) {
    environment.registerVariable(variableName(index), CEL_TYPES[type]);
  }
  const { valid, type, error } = environment.check(text);
  if (valid) return { type: jsonTypeOf(type ?? "dyn") };
  if (error === undefined) return { code: "unknown", message: "it does not fit", range: undefined };
  return problemOf(error);
}

/**
 * Evaluates a checked expression. Programs are kept, for the same text is evaluated for every entry of a fan-out.
 * @throws EvaluationError
 */
export function runCel(text: string, values: readonly Json[]): unknown {
  const context: Record<string, Json> = {};
  for (const [index, value] of values.entries()) context[variableName(index)] = value;
  return programOf(text, values.length)(context);
}

/** What an evaluation throws when the data does not fit, in words; undefined for anything else. */
export function evaluationMessage(error: unknown): string | undefined {
  if (!(error instanceof EvaluationError || error instanceof CelTypeError)) return undefined;
  return error.summary;
}

export function variableName(index: number): string {
  return `r${index}`;
}

type Program = (context: Record<string, Json>) => unknown;
const PROGRAMS_KEPT = 2_000;
const programs = new Map<string, Program>();

function programOf(text: string, variables: number): Program {
  const key = `${variables} ${text}`;
  const known = programs.get(key);
  if (known !== undefined) return known;
  const environment = base.clone();
  for (let index = 0; index < variables; index++) {
    environment.registerVariable(variableName(index), "dyn");
  }
  const program: Program = environment.parse(text);
  const [oldest] = programs.keys();
  if (programs.size >= PROGRAMS_KEPT && oldest !== undefined) programs.delete(oldest);
  programs.set(key, program);
  return program;
}

const CEL_TYPES: Readonly<Record<InputType, string>> = {
  string: "string",
  path: "string",
  number: "double",
  integer: "double",
  boolean: "bool",
  array: "list<dyn>",
  object: "map<string, dyn>",
  any: "dyn",
};

function jsonTypeOf(type: string): InputType {
  if (type.startsWith("list")) return "array";
  if (type.startsWith("map")) return "object";
  switch (type) {
    case "string":
      return "string";
    case "bool":
      return "boolean";
    case "double":
    case "int":
    case "uint":
      return "number";
    default:
      return "any";
  }
}

function problemOf(error: ParseError | CelTypeError): CelProblem {
  return { code: error.code, message: error.summary, range: error.range };
}

function registerNumbers(environment: Environment): Environment {
  const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "%": (a, b) => a % b,
  };
  for (const [operator, calculate] of Object.entries(operators)) {
    const handler = (a: unknown, b: unknown): number => calculate(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int`, handler);
    environment.registerOperator(`int ${operator} double`, handler);
  }
  return environment
    .registerOperator("double % double", (a: number, b: number) => a % b)
    .registerOperator("double == int", (a: number, b: bigint) => a === Number(b))
    .registerFunction("quotient(double, double): double", quotient)
    .registerFunction("quotient(double, int): double", quotient)
    .registerFunction("quotient(int, double): double", quotient)
    .registerFunction("quotient(int, int): double", quotient)
    .registerFunction("length(string): double", (text: string) => [...text].length)
    .registerFunction("length(list): double", (list: readonly unknown[]) => list.length)
    .registerFunction("length(map): double", sizeOfMap)
    .registerFunction("element(list, double): dyn", elementOf)
    .registerFunction("element(list, int): dyn", elementOf)
    .registerFunction("element(map, string): dyn", entryOf)
    .registerFunction("string.substring(double): string", (text: string, from: number) =>
      text.substring(position(from)),
    )
    .registerFunction("string.substring(double, double): string", substring)
    .registerFunction("round(double): double", (value: number) => Math.round(value))
    .registerFunction("round(int): double", (value: bigint) => Number(value))
    .registerFunction("coalesce(dyn, dyn): dyn", (a: unknown, b: unknown) => a ?? b)
    .registerFunction("json(dyn): string", (value: unknown) => JSON.stringify(plain(value)));
}

function quotient(a: unknown, b: unknown): number {
  if (Number(b) === 0) throw new EvaluationError("it divides by zero");
  return Number(a) / Number(b);
}

function elementOf(list: readonly unknown[], index: number | bigint): unknown {
  const at = Number(index);
  if (Number.isInteger(at) && at >= 0 && at < list.length) return list[at];
  throw new EvaluationError(`a list of ${list.length} has no position ${at}`);
}

function entryOf(map: unknown, key: string): unknown {
  if (map instanceof Map) {
    if (map.has(key)) return map.get(key);
  } else if (typeof map === "object" && map !== null && Object.hasOwn(map, key)) {
    return (map as Record<string, unknown>)[key];
  }
  throw new EvaluationError(`No such key: ${key}`);
}

function sizeOfMap(map: unknown): number {
  return map instanceof Map ? map.size : Object.keys(map as object).length;
}

function substring(text: string, from: number, to: number): string {
  return text.substring(position(from), position(to));
}

function position(value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new EvaluationError(`${value} is not a position in a text`);
}

/** For `json()`: what CEL calculates with, as JSON has it. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [String(key), plain(entry)]));
  }
  return value;
}
