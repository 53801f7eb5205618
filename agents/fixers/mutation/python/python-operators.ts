import type { Mutation } from "../mutation.ts";
import { PYTHON_OPERATORS } from "../operator-tables.ts";
import { codeOf, type PythonFile } from "./python-file.ts";
import { type PythonNode, part, parts } from "./python-tree.ts";
import { pythonOffset } from "./python-values.ts";

const ORDERED = new Set(["-", "/", "//", "%", "**", "<<", ">>"]);

/** Other operators, their sides the other way round, `not` that is missing or too much. */
export function* pythonOperatorMutations(node: PythonNode, file: PythonFile): Generator<Mutation> {
  switch (node.type) {
    case "comparison_operator":
      for (const sign of node.children) {
        if (sign.field === "operators")
          yield* otherSigns(sign, codeOf(file, sign).replace(/\s+/g, " "));
      }
      break;
    case "boolean_operator":
      yield* otherOperators(node, file);
      yield* oneSide(node);
      yield* regrouped(node, file);
      break;
    case "binary_operator":
      yield* otherOperators(node, file);
      yield* otherSides(node, file);
      yield* operandsOneOff(node, file);
      yield* regrouped(node, file);
      break;
    case "augmented_assignment":
      yield* otherOperators(node, file);
      break;
    case "assignment": {
      yield* addedUp(node);
      const value = part(node, "right");
      if (value === undefined || !MAYBE_NUMBER.test(value.type)) break;
      yield pythonOffset(value, "+ 1", 0.4, file);
      yield pythonOffset(value, "- 1", 0.4, file);
      break;
    }
    case "not_operator":
    case "unary_operator": {
      const argument = part(node, "argument");
      if (argument === undefined) break;
      const family = node.type === "not_operator" ? "negation" : "sign";
      yield { start: node.start, end: argument.start, replacement: "", family };
      break;
    }
    case "conditional_expression":
      yield* otherBranches(node, file);
      break;
    default:
  }
  if (isCondition(node)) yield* negated(node, file);
}

function* otherSigns(sign: PythonNode, operator: string): Generator<Mutation> {
  for (const { by, family, weight = 1 } of PYTHON_OPERATORS[operator] ?? []) {
    yield { start: sign.start, end: sign.end, replacement: by, family, weight };
  }
}

interface Sides {
  readonly left: PythonNode;
  readonly sign: PythonNode;
  readonly right: PythonNode;
}

function sidesOf(node: PythonNode): Sides | undefined {
  const [left, sign, right] = [part(node, "left"), part(node, "operator"), part(node, "right")];
  return left === undefined || sign === undefined || right === undefined
    ? undefined
    : { left, sign, right };
}

function* otherOperators(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const sides = sidesOf(node);
  if (sides === undefined) return;
  const isText = [sides.left, sides.right].some(({ type }) => /string/.test(type));
  for (const mutation of otherSigns(sides.sign, codeOf(file, sides.sign))) {
    yield { ...mutation, weight: (mutation.weight ?? 1) * (isText ? 0.1 : 1) };
  }
}

/** `total += price` for `total = price`. */
function* addedUp(node: PythonNode): Generator<Mutation> {
  const sign = node.children.find(({ type }) => type === "=");
  const [left, right] = [part(node, "left"), part(node, "right")];
  if (sign === undefined || left?.type !== "identifier") return;
  if (/^(?:list|dictionary|set|none|true|false|lambda)$/.test(right?.type ?? "")) return;
  yield { start: sign.start, end: sign.end, replacement: "+=", family: "assignment", weight: 0.3 };
}

function* otherSides(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const sides = sidesOf(node);
  if (sides === undefined) return;
  const { left, sign, right } = sides;
  const operator = codeOf(file, sign);
  if (ORDERED.has(operator) || operator === "+") {
    yield {
      start: left.start,
      end: right.end,
      replacement:
        codeOf(file, right) + file.text.slice(left.end, right.start) + codeOf(file, left),
      family: "operands",
      weight: operator === "+" ? 0.3 : 1,
    };
  }
  if (!/^[+-]$/.test(operator)) return;
  const weight = codeOf(file, right) === "1" ? 1 : 0.2;
  yield { start: left.end, end: right.end, replacement: "", family: "extra-offset", weight };
}

const MAYBE_NUMBER = /^(?:identifier|attribute|call|subscript|binary_operator)$/;

/** `(n - 1) * size` for `n * size`. */
function* operandsOneOff(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const sides = sidesOf(node);
  if (sides === undefined) return;
  const isTight = /^[*/%]/.test(codeOf(file, sides.sign));
  for (const side of [sides.left, sides.right]) {
    if (!/^(?:identifier|attribute|call|subscript)$/.test(side.type)) continue;
    for (const by of ["+ 1", "- 1"] as const) {
      const offset = pythonOffset(side, by, 0.5, file);
      yield isTight ? { ...offset, replacement: `(${offset.replacement})` } : offset;
    }
  }
}

function* oneSide(node: PythonNode): Generator<Mutation> {
  const sides = sidesOf(node);
  if (sides === undefined) return;
  const { left, right } = sides;
  yield { start: left.end, end: right.end, replacement: "", family: "logical-side" };
  yield { start: left.start, end: right.start, replacement: "", family: "logical-side" };
}

/** `(a + b) * c` for `a + b * c`, and the other way round. */
function* regrouped(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const sides = sidesOf(node);
  if (sides === undefined) return;
  const { left, sign, right } = sides;
  const family = "grouping";
  const operator = codeOf(file, sign);
  for (const side of [left, right]) {
    const [inner] = side.type === "parenthesized_expression" ? parts(side) : [];
    if (inner !== undefined && /^(?:binary|boolean)_operator$/.test(inner.type)) {
      yield { start: side.start, end: side.end, replacement: codeOf(file, inner), family };
    }
  }
  const around = (start: number, end: number): Mutation => ({
    start,
    end,
    replacement: `(${file.text.slice(start, end)})`,
    family,
  });
  const [leftSides, rightSides] = [innerSides(left), innerSides(right)];
  if (leftSides !== undefined && codeOf(file, leftSides.sign) !== operator) {
    yield around(leftSides.right.start, right.end);
  }
  if (rightSides !== undefined && codeOf(file, rightSides.sign) !== operator) {
    yield around(left.start, rightSides.left.end);
  }
}

function innerSides(node: PythonNode): Sides | undefined {
  return /^(?:binary|boolean)_operator$/.test(node.type) ? sidesOf(node) : undefined;
}

function* otherBranches(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const [first, , second] = parts(node);
  if (first === undefined || second === undefined) return;
  yield {
    start: first.start,
    end: second.end,
    replacement:
      codeOf(file, second) + file.text.slice(first.end, second.start) + codeOf(file, first),
    family: "branches",
  };
}

/** True for what is taken as true or false, comparisons aside: their operator is negated. */
function isCondition(node: PythonNode): boolean {
  if (!node.isNamed || /^(?:comparison_operator|not_operator|true|false)$/.test(node.type))
    return false;
  const { parent, field } = node;
  if (parent?.type === "boolean_operator") return field === "left" || field === "right";
  if (parent?.type === "if_clause") return true;
  if (parent?.type === "conditional_expression") return parts(parent)[1] === node;
  return (
    field === "condition" &&
    /^(?:if_statement|elif_clause|while_statement)$/.test(parent?.type ?? "")
  );
}

const SIMPLE = /^(?:identifier|attribute|call|subscript|parenthesized_expression)$/;

function* negated(node: PythonNode, file: PythonFile): Generator<Mutation> {
  const code = codeOf(file, node);
  yield {
    start: node.start,
    end: node.end,
    replacement: SIMPLE.test(node.type) ? `not ${code}` : `not (${code})`,
    family: "negation",
  };
}
