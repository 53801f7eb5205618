import type { Mutation } from "../mutation.ts";
import { SCRIPT_OPERATORS } from "../operator-tables.ts";
import { inserted, isSimple, type ScriptFile, swapped, withBrackets } from "./script-file.ts";
import { child, nameOf, operatorOffset, type ScriptNode, type Visit } from "./script-tree.ts";

/** Other operators, their sides the other way round, `++` for `--`. */
export function* operatorMutations(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node } = visit;
  switch (node.type) {
    case "BinaryExpression":
      yield* otherOperators(node, file);
      yield* otherSides(node, file);
      yield* withoutOne(node, file);
      yield* operandsOneOff(node, file);
      yield* groupings(visit, file);
      break;
    case "LogicalExpression":
      yield* otherOperators(node, file);
      yield* oneSide(node, file);
      yield* groupings(visit, file);
      break;
    case "AssignmentExpression":
      yield* otherAssignments(visit, file);
      yield* valueOneOff(child(node, "right"), file);
      break;
    case "VariableDeclarator":
      yield* valueOneOff(child(node, "init"), file);
      break;
    case "UpdateExpression":
      yield* updates(visit, file);
      break;
    case "UnaryExpression":
      if (node["operator"] === "-" || node["operator"] === "~") {
        const argument = child(node, "argument");
        if (argument !== undefined) {
          yield { start: node.start, end: argument.start, replacement: "", family: "sign" };
        }
      }
      break;
    default:
  }
}

interface Sides {
  readonly left: ScriptNode;
  readonly right: ScriptNode;
  readonly operator: string;
  /** Where the operator stands. */
  readonly offset: number;
}

function sidesOf(node: ScriptNode, file: ScriptFile): Sides | undefined {
  const left = child(node, "left");
  const right = child(node, "right");
  const operator = node["operator"] as string;
  if (left === undefined || right === undefined) return undefined;
  const offset = operatorOffset(file.text, left.end, operator);
  return offset === undefined ? undefined : { left, right, operator, offset };
}

function* otherOperators(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const sides = sidesOf(node, file);
  if (sides === undefined) return;
  const { operator, offset, left, right } = sides;
  const isText = [left, right].some(({ type }) => /^(?:StringLiteral|TemplateLiteral)$/.test(type));
  for (const { by, family, weight = 1 } of SCRIPT_OPERATORS[operator] ?? []) {
    // What joins texts is hardly ever meant to be another operator of numbers.
    const fits = operator === "+" && isText ? 0.1 : 1;
    yield {
      start: offset,
      end: offset + operator.length,
      replacement: by,
      family,
      weight: weight * fits,
    };
  }
}

const ORDERED = new Set(["-", "/", "%", "**", "<<", ">>", ">>>", "in", "instanceof"]);

function* otherSides(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const sides = sidesOf(node, file);
  if (sides === undefined) return;
  const { left, right, operator } = sides;
  if (!ORDERED.has(operator) && operator !== "+") return;
  const weight = operator === "+" ? 0.3 : 1;
  yield {
    ...swapped(withBrackets(left, file), withBrackets(right, file), file, "operands"),
    weight,
  };
}

/** `n` for `n + 1`. */
function* withoutOne(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const sides = sidesOf(node, file);
  if (sides === undefined || !/^[+-]$/.test(sides.operator)) return;
  const left = withBrackets(sides.left, file);
  const right = withBrackets(sides.right, file);
  const isOne = right["value"] === 1;
  yield {
    start: left.end,
    end: right.end,
    replacement: "",
    family: "extra-offset",
    weight: isOne ? 1 : 0.2,
  };
}

/** `(n - 1) * size` for `n * size`. */
function* operandsOneOff(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const sides = sidesOf(node, file);
  if (sides === undefined || !/^[-+*/%<>]=?$/.test(sides.operator)) return;
  for (const side of [sides.left, sides.right]) {
    if (!/^(?:Identifier|MemberExpression)$/.test(side.type)) continue;
    for (const by of ["+ 1", "- 1"] as const) {
      const offset = offsetBy(side, by, 0.5, file);
      if (!/^[*/%]$/.test(sides.operator)) {
        yield offset;
        continue;
      }
      const { start, end } = withBrackets(side, file);
      const inner = file.text.slice(side.start, side.end);
      yield { ...offset, start, end, replacement: `(${inner} ${by})` };
    }
  }
}

/** `(a + b) * c` for `a + b * c`, and the other way round. */
function* groupings({ node, parent }: Visit, file: ScriptFile): Generator<Mutation> {
  const own = node["operator"] as string;
  const outer = parent?.node;
  if (outer !== undefined && /^(?:Binary|Logical)Expression$/.test(outer.type)) {
    const whole = withBrackets(node, file);
    if (whole !== node && outer["operator"] !== own) {
      yield {
        start: whole.start,
        end: whole.end,
        replacement: file.text.slice(node.start, node.end),
        family: "grouping",
      };
    }
  }
  yield* regrouped(node, file);
}

function* regrouped(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const left = child(node, "left");
  const right = child(node, "right");
  if (left === undefined || right === undefined) return;
  const isInner = (side: ScriptNode): boolean =>
    /^(?:Binary|Logical)Expression$/.test(side.type) &&
    side["operator"] !== node["operator"] &&
    withBrackets(side, file) === side;
  const around = (start: number, end: number): Mutation => ({
    start,
    end,
    replacement: `(${file.text.slice(start, end)})`,
    family: "grouping",
  });
  const rightOfLeft = child(left, "right");
  if (isInner(left) && rightOfLeft !== undefined) {
    yield around(rightOfLeft.start, withBrackets(right, file).end);
  }
  const leftOfRight = child(right, "left");
  if (isInner(right) && leftOfRight !== undefined) {
    yield around(withBrackets(left, file).start, leftOfRight.end);
  }
}

function* oneSide(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const sides = sidesOf(node, file);
  if (sides === undefined) return;
  const left = withBrackets(sides.left, file);
  const right = withBrackets(sides.right, file);
  yield { start: left.end, end: right.end, replacement: "", family: "logical-side" };
  yield { start: left.start, end: right.start, replacement: "", family: "logical-side" };
}

function* otherAssignments({ node, parent, field }: Visit, file: ScriptFile): Generator<Mutation> {
  if (field === "test") {
    const sides = sidesOf(node, file);
    if (sides === undefined || sides.operator !== "=") return;
    yield { start: sides.offset, end: sides.offset + 1, replacement: "===", family: "comparison" };
    return;
  }
  if (node["operator"] !== "=" || isNumberLike(node, parent)) yield* otherOperators(node, file);
}

function* valueOneOff(value: ScriptNode | undefined, file: ScriptFile): Generator<Mutation> {
  if (value === undefined || !MAYBE_NUMBER.test(value.type)) return;
  yield offsetBy(value, "+ 1", 0.4, file);
  yield offsetBy(value, "- 1", 0.4, file);
}

/** `total = price` may be meant to add up; `this.name = name` is not. */
function isNumberLike(node: ScriptNode, parent: Visit | undefined): boolean {
  return (
    parent?.node.type === "ExpressionStatement" &&
    nameOf(child(node, "left")) !== undefined &&
    !/^(?:ArrayExpression|ObjectExpression|BooleanLiteral|NullLiteral|.*Function.*)$/.test(
      child(node, "right")?.type ?? "",
    )
  );
}

function* updates({ node, parent, field }: Visit, file: ScriptFile): Generator<Mutation> {
  const operator = node["operator"] as string;
  const isPrefix = node["prefix"] === true;
  const start = isPrefix ? node.start : node.end - 2;
  const other = operator === "++" ? "--" : "++";
  yield { start, end: start + 2, replacement: other, family: "update" };
  const argument = child(node, "argument");
  const isUsed = parent?.node.type !== "ExpressionStatement" && field !== "update";
  if (!isUsed || argument === undefined) return;
  const name = file.text.slice(argument.start, argument.end);
  yield {
    start: node.start,
    end: node.end,
    replacement: isPrefix ? `${name}${operator}` : `${operator}${name}`,
    family: "update",
    weight: 0.5,
  };
}

/** By its form: nothing here knows types. */
export const MAYBE_NUMBER =
  /^(?:Identifier|MemberExpression|CallExpression|LogicalExpression|BinaryExpression|ConditionalExpression)$/;

/** The node, made one up or one down; in brackets where an operator around it would take a part of it. */
export function offsetBy(
  node: ScriptNode,
  by: "+ 1" | "- 1",
  weight: number,
  file: ScriptFile,
): Mutation {
  const whole = withBrackets(node, file);
  if (isSimple(node) || node.type === "BinaryExpression") {
    return { ...inserted(whole.end, ` ${by}`), family: "offset", weight };
  }
  return {
    start: whole.start,
    end: whole.end,
    replacement: `(${file.text.slice(whole.start, whole.end)}) ${by}`,
    family: "offset",
    weight,
  };
}
