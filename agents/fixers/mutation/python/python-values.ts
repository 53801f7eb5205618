import type { Mutation } from "../mutation.ts";
import { likeness } from "../names.ts";
import { codeOf, type PythonFile } from "./python-file.ts";
import { type PythonNode, parts, pythonFunctionsAround } from "./python-tree.ts";

const MOST_OTHERS = 4;
const MOST_LIKE_ATTRIBUTES = 3;
const SEPARATORS = ["", " ", ",", ", ", "-", "_", "/", "."];

/** Other numbers, texts, truth values, variables and attributes. */
export function* pythonValueMutations(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const { start, end } = node;
  switch (node.type) {
    case "integer":
      yield* otherNumbers(node, file);
      break;
    case "true":
      if (node.isNamed) yield { start, end, replacement: "False", family: "boolean" };
      break;
    case "false":
      if (node.isNamed) yield { start, end, replacement: "True", family: "boolean" };
      break;
    case "string":
      yield* otherTexts(node, file);
      break;
    case "identifier":
      if (node.field === "attribute") yield* otherAttributes(node, file);
      else if (isRead(node)) yield* otherVariables(node, file);
      break;
    default:
  }
}

function* otherNumbers({ start, end }: PythonNode, file: PythonFile): Generator<Mutation> {
  const code = file.text.slice(start, end);
  const value = Number(code);
  if (!/^\d+$/.test(code) || !Number.isSafeInteger(value)) return;
  for (const { actual, expected } of file.wrongLiterals) {
    if (actual !== value || typeof expected !== "number" || expected < 0) continue;
    yield { start, end, replacement: String(expected), family: "literal-from-message" };
  }
  const weight = value <= 2 ? 1 : 0.7;
  yield { start, end, replacement: String(value + 1), family: "number", weight };
  yield value > 0
    ? { start, end, replacement: String(value - 1), family: "number", weight }
    : { start, end, replacement: "-1", family: "number", weight: 0.4 };
  if (value >= 10) {
    yield { start, end, replacement: String(value * 10), family: "number", weight: 0.3 };
    yield {
      start,
      end,
      replacement: String(Math.floor(value / 10)),
      family: "number",
      weight: 0.3,
    };
  }
}

function* otherTexts(node: PythonNode, file: PythonFile): Generator<Mutation> {
  // What stands between plain quotes; the rest may be a text over several lines, or a form.
  const code = codeOf(file, node);
  const [, quote, value] = /^(["'])([^\\\n"']*)\1$/.exec(code) ?? [];
  if (quote === undefined || value === undefined) return;
  if (node.parent?.type === "expression_statement") return;
  const { start, end } = node;
  for (const { actual, expected } of file.wrongLiterals) {
    if (actual !== value || typeof expected !== "string" || /[\\"'\n]/.test(expected)) continue;
    const replacement = quote + expected + quote;
    yield { start, end, replacement, family: "literal-from-message" };
  }
  if (!SEPARATORS.includes(value)) return;
  for (const text of SEPARATORS) {
    if (text === value) continue;
    yield { start, end, replacement: quote + text + quote, family: "text", weight: 0.7 };
  }
}

function* otherAttributes(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const name = codeOf(file, node);
  const others = file.attributes
    .filter((other) => other !== name)
    .map((other) => ({ other, like: likeness(other, name) }));
  const like = others.filter((other) => other.like > 0).sort((a, b) => b.like - a.like);
  const isCalled = node.parent?.field === "function";
  const unlike = isCalled || others.length > 12 ? [] : others.filter((other) => other.like === 0);
  for (const other of [...like.slice(0, MOST_LIKE_ATTRIBUTES), ...unlike]) {
    yield {
      start: node.start,
      end: node.end,
      replacement: other.other,
      family: "property",
      weight: other.like > 0 ? 1 + other.like : 0.5,
    };
  }
}

/** True where a variable's value is read. */
function isRead({ field, parent }: PythonNode): boolean {
  if (parent === undefined || field === "name") return false;
  switch (parent.type) {
    case "assignment":
      return field === "right";
    case "augmented_assignment":
    case "for_statement":
    case "for_in_clause":
    case "named_expression":
      return field === "right" || field === "value";
    case "default_parameter":
    case "typed_default_parameter":
    case "keyword_argument":
      return field === "value";
    case "parameters":
    case "lambda_parameters":
    case "typed_parameter":
    case "pattern_list":
    case "tuple_pattern":
    case "list_pattern":
    case "list_splat_pattern":
    case "dictionary_splat_pattern":
    case "dotted_name":
    case "aliased_import":
    case "global_statement":
    case "nonlocal_statement":
    case "as_pattern_target":
      return false;
    default:
      return true;
  }
}

function* otherVariables(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const name = codeOf(file, node);
  const isCallee = node.field === "function";
  const others = reachable(node, file)
    .filter((other) => other.name !== name)
    .map((other) => ({ ...other, like: likeness(other.name, name) }))
    .filter(({ like, isNear }) => like > 0 || (isNear && !isCallee))
    .map((other) => ({ ...other, weight: (other.like > 0 ? 1 : 0.5) + other.like * 0.4 }))
    .sort((a, b) => b.weight - a.weight);
  for (const other of others.slice(0, MOST_OTHERS)) {
    yield {
      start: node.start,
      end: node.end,
      replacement: other.name,
      family: "variable",
      weight: other.weight,
    };
  }
}

/** Names that the place can use, those of its own function first. */
function reachable(
  node: PythonNode,
  file: PythonFile,
): { readonly name: string; readonly isNear: boolean }[] {
  const found = new Map<string, boolean>();
  let isNear = true;
  for (const around of [...pythonFunctionsAround(node), file.root]) {
    const { parameters = [], locals = [] } = file.names.get(around) ?? {};
    for (const name of [...parameters, ...locals]) {
      if (!found.has(name)) found.set(name, isNear && around !== file.root);
    }
    isNear = false;
  }
  return [...found].map(([name, near]) => ({ name, isNear: near }));
}

/** The value itself, and, for what binds more loosely than `+`, in brackets. */
export function pythonOffset(
  node: PythonNode,
  by: "+ 1" | "- 1",
  weight: number,
  file: PythonFile,
): Mutation {
  const isTight =
    /^(?:identifier|attribute|call|subscript|integer|binary_operator|parenthesized_expression)$/;
  const code = codeOf(file, node);
  const isPlain = isTight.test(node.type) || parts(node).length === 0;
  return {
    start: node.start,
    end: node.end,
    replacement: isPlain ? `${code} ${by}` : `(${code}) ${by}`,
    family: "offset",
    weight,
  };
}
