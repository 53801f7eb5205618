import type { Mutation } from "../mutation.ts";
import { codeOf, isSimple, type ScriptFile, swapped, withBrackets } from "./script-file.ts";
import { child, type ScriptNode, type Visit } from "./script-tree.ts";

const PREDICATE_METHODS = new Set(["filter", "some", "every", "find", "findIndex", "findLast"]);

/** Conditions negated or no longer negated, and the outcomes of a conditional expression swapped. */
export function* conditionMutations(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node } = visit;
  if (node.type === "UnaryExpression" && node["operator"] === "!") {
    const argument = child(node, "argument");
    if (argument !== undefined) {
      yield { start: node.start, end: node.start + 1, replacement: "", family: "negation" };
    }
  } else if (isCondition(visit)) {
    yield* negated(node, file);
  }
  if (node.type === "ConditionalExpression") {
    const consequent = child(node, "consequent");
    const alternate = child(node, "alternate");
    if (consequent !== undefined && alternate !== undefined) {
      const [first, second] = [withBrackets(consequent, file), withBrackets(alternate, file)];
      yield swapped(first, second, file, "branches");
    }
  }
}

/** True for what is taken as true or false. */
function isCondition({ node, field, parent }: Visit): boolean {
  if (parent === undefined) return false;
  switch (parent.node.type) {
    case "IfStatement":
    case "WhileStatement":
    case "DoWhileStatement":
    case "ConditionalExpression":
      return field === "test";
    case "LogicalExpression":
      return parent.node["operator"] !== "??" && isTruthLike(node);
    case "ReturnStatement":
      return isTruthLike(node);
    case "ArrowFunctionExpression":
      return field === "body" && (isTruthLike(node) || isPredicate(parent));
    default:
      return false;
  }
}

/** By its name or operator, for nothing here knows types. */
function isTruthLike(node: ScriptNode): boolean {
  if (node.type === "LogicalExpression") return node["operator"] !== "??";
  if (node.type === "BinaryExpression") return /^(?:in|instanceof)$/.test(String(node["operator"]));
  const called = node.type === "CallExpression" ? child(node, "callee") : node;
  const name = child(called ?? node, "property") ?? called;
  return /^(?:is|has|can|should|was|includes|some|every|test|startsWith|endsWith)(?![a-z])/.test(
    String(name?.["name"]),
  );
}

function isPredicate(visit: Visit): boolean {
  const callee = child(visit.parent?.node ?? visit.node, "callee");
  const name = callee === undefined ? undefined : child(callee, "property")?.["name"];
  return typeof name === "string" && PREDICATE_METHODS.has(name);
}

const COMPARISONS = /^(?:[<>]=?|[!=]==?)$/;

function* negated(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  // A comparison is negated by its operator.
  if (node.type === "BinaryExpression" && COMPARISONS.test(String(node["operator"]))) return;
  if (/^(?:UnaryExpression|AssignmentExpression|BooleanLiteral|NumericLiteral)$/.test(node.type))
    return;
  const whole = withBrackets(node, file);
  const replacement = isSimple(node) ? `!${codeOf(file, whole)}` : `!(${codeOf(file, whole)})`;
  yield { start: whole.start, end: whole.end, replacement, family: "negation" };
}
