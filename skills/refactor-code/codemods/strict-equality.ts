import { isNode, type SyntaxNode } from "../../syntax.ts";
import type { Edit } from "../edit.ts";
import { endOf, type SourceTree, startOf } from "../source-tree.ts";

type Kind = "string" | "number" | "boolean";

const STRICT: ReadonlyMap<unknown, string> = new Map([
  ["==", "==="],
  ["!=", "!=="],
]);
const COMPARISONS: ReadonlySet<unknown> = new Set([
  "==",
  "!=",
  "===",
  "!==",
  "<",
  ">",
  "<=",
  ">=",
  "in",
  "instanceof",
]);

/** `==` becomes `===` where both sides are of one type whatever happens, for then the two are the same. */
export function strictEquality({ places, text }: SourceTree): Edit[] {
  return places.flatMap(({ node }) => {
    const strict = node.type === "BinaryExpression" ? STRICT.get(node["operator"]) : undefined;
    const { left, right } = node;
    if (strict === undefined || !isNode(left) || !isNode(right)) return [];
    const kind = kindOf(left);
    if (kind === undefined || kind !== kindOf(right)) return [];
    const start = operatorBetween(text, endOf(left), startOf(right), String(node["operator"]));
    return start === undefined ? [] : [{ start, end: start + 2, text: strict }];
  });
}

function kindOf(node: SyntaxNode): Kind | undefined {
  switch (node.type) {
    case "StringLiteral":
    case "TemplateLiteral":
      return "string";
    case "NumericLiteral":
      return "number";
    case "BooleanLiteral":
      return "boolean";
    case "UnaryExpression":
      return UNARY[String(node["operator"])];
    case "BinaryExpression":
      return COMPARISONS.has(node["operator"]) ? "boolean" : undefined;
    case "ParenthesizedExpression":
      return isNode(node["expression"]) ? kindOf(node["expression"]) : undefined;
    default:
      return undefined;
  }
}

/** `+x` is a number or throws; `-x` may be a bigint. */
const UNARY: Readonly<Record<string, Kind>> = {
  typeof: "string",
  "!": "boolean",
  "+": "number",
  delete: "boolean",
};

/** Where the operator stands; undefined when comments stand around it, for one may hold the same characters. */
function operatorBetween(
  text: string,
  from: number,
  to: number,
  operator: string,
): number | undefined {
  const between = text.slice(from, to);
  if (!/^[\s()]*[=!]=[\s()]*$/.test(between)) return undefined;
  return from + between.indexOf(operator);
}
