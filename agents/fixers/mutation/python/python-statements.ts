import type { Mutation } from "../mutation.ts";
import { codeOf, type PythonFile } from "./python-file.ts";
import { type PythonNode, part, parts, pythonNodes } from "./python-tree.ts";
import { pythonOffset } from "./python-values.ts";

const MOST_GUARDED_NAMES = 3;
/** Values that are tried for a parameter behind the first. */
const MOST_VALUES_BEHIND = 2;
const NOTHING = ["0", "None", "[]", '""', "False"];

/** Values that do nothing by themselves. */
const IS_IDLE =
  /^(?:identifier|attribute|binary_operator|comparison_operator|boolean_operator|not_operator|integer|true|false|none|list|subscript|conditional_expression)$/;

/** Returns and guards that are missing or too much, and steps that end a loop. */
export function* pythonStatementMutations(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const { start, end } = node;
  switch (node.type) {
    case "break_statement":
      yield { start, end, replacement: "continue", family: "jump" };
      break;
    case "continue_statement":
      yield { start, end, replacement: "break", family: "jump" };
      break;
    case "return_statement": {
      const [value] = parts(node);
      if (value === undefined) break;
      if (!/^(?:binary_operator|identifier|attribute|call|subscript)$/.test(value.type)) break;
      yield pythonOffset(value, "+ 1", 0.5, file);
      yield pythonOffset(value, "- 1", 0.5, file);
      break;
    }
    case "expression_statement":
      if (IS_IDLE.test(parts(node)[0]?.type ?? "")) {
        yield {
          start,
          end: start,
          replacement: "return ",
          family: "missing-return",
          weight: 1.5,
        };
      }
      break;
    case "if_statement":
      yield* withoutGuard(node, file);
      break;
    case "function_definition":
      yield* missingReturn(node, file);
      yield* withGuard(node, file);
      break;
    default:
  }
}

function* withoutGuard(node: PythonNode, file: PythonFile): Generator<Mutation> {
  if (part(node, "alternative") !== undefined || parts(node.parent ?? node).length < 2) return;
  const body = parts(part(node, "consequence") ?? node);
  const isJump = /^(?:return|raise|continue|break)_statement$/.test(body[0]?.type ?? "");
  if (body.length !== 1 || !isJump) return;
  const start = lineStart(file.text, node.start);
  const next = file.text.indexOf("\n", node.end);
  if (file.text.slice(start, node.start).trim() !== "" || next === -1) return;
  yield { start, end: next + 1, replacement: "", family: "removed-guard" };
}

function* missingReturn(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const body = part(node, "body");
  const last = parts(body ?? node).at(-1);
  if (body === undefined || last === undefined) return;
  for (const statement of lastStatements(last)) {
    const [value] = statement.type === "expression_statement" ? parts(statement) : [];
    if (
      value === undefined ||
      /^(?:assignment|augmented_assignment|string|yield)$/.test(value.type)
    )
      continue;
    const at = statement.start;
    yield { start: at, end: at, replacement: "return ", family: "missing-return" };
  }
  if (/^(?:return|raise)_statement$/.test(last.type)) return;
  const indent = file.text.slice(lineStart(file.text, last.start), last.start);
  if (indent.trim() !== "") return;
  const names = [...new Set(file.names.get(node)?.locals)].slice(0, 3);
  for (const [index, name] of names.entries()) {
    yield {
      start: last.end,
      end: last.end,
      replacement: `${file.lineEnd}${indent}return ${name}`,
      family: "missing-return",
      weight: index === 0 ? 1 : 0.5,
    };
  }
}

/** The statements after which a function ends. */
function lastStatements(statement: PythonNode): readonly PythonNode[] {
  switch (statement.type) {
    case "block": {
      const last = parts(statement).at(-1);
      return last === undefined ? [] : lastStatements(last);
    }
    case "if_statement":
      return statement.children
        .filter(({ field }) => field === "consequence" || field === "alternative")
        .flatMap(lastStatements);
    case "elif_clause":
      return lastStatements(part(statement, "consequence") ?? statement);
    case "else_clause":
      return lastStatements(part(statement, "body") ?? statement);
    default:
      return [statement];
  }
}

function* withGuard(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const statements = parts(part(node, "body") ?? node);
  const isDoc =
    statements[0]?.type === "expression_statement" && parts(statements[0])[0]?.type === "string";
  const first = statements[isDoc ? 1 : 0];
  if (first === undefined) return;
  const indent = file.text.slice(lineStart(file.text, first.start), first.start);
  if (indent.trim() !== "") return;
  const values = returnedBy(node, file);
  const parameters = file.names.get(node)?.parameters ?? [];
  for (const [position, name] of parameters.slice(0, MOST_GUARDED_NAMES).entries()) {
    for (const condition of conditionsFor(name, node, file)) {
      const fitting = values.slice(0, position === 0 ? values.length : MOST_VALUES_BEHIND);
      for (const [rank, value] of fitting.entries()) {
        yield {
          start: first.start,
          end: first.start,
          replacement: `if ${condition.text}:${file.lineEnd}${indent}    return ${value}${file.lineEnd}${indent}`,
          family: "added-guard",
          weight: condition.weight * 0.9 ** position * 0.85 ** rank,
        };
      }
    }
  }
}

function conditionsFor(
  name: string,
  node: PythonNode,
  file: PythonFile,
): { readonly text: string; readonly weight: number }[] {
  let isDivisor = false;
  let isCompared = false;
  for (const inner of pythonNodes(node)) {
    const right = part(inner, "right");
    const code = right === undefined ? "" : codeOf(file, right);
    if (inner.type === "binary_operator" && code.includes(name)) {
      const sign = part(inner, "operator");
      if (sign !== undefined && /^[/%]/.test(codeOf(file, sign))) isDivisor = true;
    }
    if (inner.type === "comparison_operator" && codeOf(file, inner).includes(name))
      isCompared = true;
  }
  return [
    { text: `not ${name}`, weight: isDivisor ? 1.6 : 1 },
    { text: `${name} is None`, weight: 0.7 },
    ...(isCompared
      ? [
          { text: `${name} <= 0`, weight: 0.6 },
          { text: `${name} <= 1`, weight: 0.5 },
        ]
      : []),
  ];
}

/** Simple values that the function returns already, then the usual ones. */
function returnedBy(node: PythonNode, file: PythonFile): string[] {
  const locals = new Set(file.names.get(node)?.locals);
  const own: string[] = [];
  for (const inner of pythonNodes(node)) {
    const [value] = inner.type === "return_statement" ? parts(inner) : [];
    if (
      value === undefined ||
      !/^(?:integer|float|string|none|true|false|list|identifier)$/.test(value.type)
    )
      continue;
    const code = codeOf(file, value);
    if (code.length <= 20 && !locals.has(code)) own.push(code);
  }
  return [...new Set([...own, ...NOTHING])].slice(0, NOTHING.length);
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}
