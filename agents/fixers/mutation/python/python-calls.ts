import type { Mutation } from "../mutation.ts";
import { PYTHON_METHODS } from "../operator-tables.ts";
import { codeOf, type PythonFile } from "./python-file.ts";
import { type PythonNode, part, parts, pythonFunctionsAround } from "./python-tree.ts";
import { pythonOffset } from "./python-values.ts";

/** Calls, places in lists, and the ends of ranges and slices. */
export function* pythonCallMutations(node: PythonNode, file: PythonFile): Generator<Mutation> {
  switch (node.type) {
    case "call":
      yield* otherCallee(node, file);
      yield* otherArguments(node, file);
      yield* missingAwait(node, file);
      break;
    case "subscript": {
      const place = part(node, "subscript");
      if (place === undefined || /^(?:string|slice)$/.test(place.type)) break;
      yield pythonOffset(place, "- 1", 1.8, file);
      yield pythonOffset(place, "+ 1", 1.8, file);
      break;
    }
    case "slice":
      yield* otherSlices(node, file);
      break;
    default:
  }
}

function calledName(node: PythonNode): PythonNode | undefined {
  const callee = part(node, "function");
  return callee?.type === "attribute" ? part(callee, "attribute") : callee;
}

function* otherCallee(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const name = calledName(node);
  if (name?.type !== "identifier") return;
  for (const [index, by] of (PYTHON_METHODS.get(codeOf(file, name)) ?? []).entries()) {
    const weight = index === 0 ? 1 : 0.6;
    yield { start: name.start, end: name.end, replacement: by, family: "method", weight };
  }
}

function* otherArguments(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const list = part(node, "arguments");
  if (list?.type !== "argument_list") return;
  const given = parts(list).filter(
    ({ type }) => type !== "keyword_argument" && !type.endsWith("splat"),
  );
  const name = calledName(node);
  const isRange = name !== undefined && codeOf(file, name) === "range";
  for (const [index, argument] of given.entries()) {
    const next = given[index + 1];
    if (next !== undefined) {
      const between = file.text.slice(argument.end, next.start);
      yield {
        start: argument.start,
        end: next.end,
        replacement: codeOf(file, next) + between + codeOf(file, argument),
        family: "argument-order",
      };
    }
    const isNumberLike = /^(?:binary_operator)$/.test(argument.type);
    if (!isRange && !isNumberLike) continue;
    const weight = isRange ? 1.6 : 0.4;
    yield pythonOffset(argument, "+ 1", weight, file);
    yield pythonOffset(argument, "- 1", weight, file);
  }
  if (name !== undefined && codeOf(file, name) === "len") {
    yield pythonOffset(node, "- 1", 1.6, file);
    yield pythonOffset(node, "+ 1", 0.8, file);
  }
  if (name !== undefined && /^(?:sorted|sort)$/.test(codeOf(file, name))) {
    yield* otherOrder(list, given, file);
  }
}

function* otherOrder(
  list: PythonNode,
  given: readonly PythonNode[],
  file: PythonFile,
): Generator<Mutation> {
  const order = parts(list).find((argument) => codeOf(file, argument).startsWith("reverse"));
  if (order !== undefined) return;
  const at = list.end - 1;
  const replacement =
    given.length === 0 && parts(list).length === 0 ? "reverse=True" : ", reverse=True";
  yield { start: at, end: at, replacement, family: "missing-argument" };
}

function* missingAwait(node: PythonNode, file: PythonFile): Generator<Mutation> {
  if (node.parent?.type === "await") return;
  const around = pythonFunctionsAround(node).next().value;
  if (around === undefined || !codeOf(file, around).startsWith("async")) return;
  const isTaken = node.field === "object" || node.field === "value";
  const replacement = isTaken ? `(await ${codeOf(file, node)})` : `await ${codeOf(file, node)}`;
  yield { start: node.start, end: node.end, replacement, family: "missing-await" };
}

function* otherSlices(node: PythonNode, file: PythonFile): Generator<Mutation> {
  for (const bound of parts(node)) {
    yield pythonOffset(bound, "+ 1", 1, file);
    yield pythonOffset(bound, "- 1", 1, file);
  }
}
