import type { Mutation } from "../mutation.ts";
import { likeness } from "../names.ts";
import { SCRIPT_METHODS } from "../operator-tables.ts";
import { MAYBE_NUMBER, offsetBy } from "./operator-mutations.ts";
import { codeOf, inserted, type ScriptFile, swapped, withBrackets } from "./script-file.ts";
import {
  child,
  children,
  enclosingFunctions,
  nameOf,
  type ScriptNode,
  type Visit,
} from "./script-tree.ts";

/** Methods that take places in a list or text. */
const TAKES_PLACES =
  /^(?:slice|splice|substring|substr|at|charAt|charCodeAt|repeat|padStart|padEnd|fill|with)$/;
const MOST_LIKE_PROPERTIES = 3;

/** Calls, places in lists and properties. */
export function* callMutations(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node } = visit;
  switch (node.type) {
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
      yield* otherCallee(node);
      yield* otherArguments(node, file);
      yield* missingAwait(visit, file);
      break;
    case "MemberExpression":
    case "OptionalMemberExpression":
      yield* otherPlace(visit, file);
      yield* otherProperty(visit, file);
      break;
    default:
  }
}

function* otherCallee(node: ScriptNode): Generator<Mutation> {
  const callee = child(node, "callee");
  if (callee === undefined || callee["computed"] === true) return;
  const name = child(callee, "property") ?? callee;
  for (const [index, by] of (SCRIPT_METHODS.get(nameOf(name) ?? "") ?? []).entries()) {
    yield {
      start: name.start,
      end: name.end,
      replacement: by,
      family: "method",
      weight: index === 0 ? 1 : 0.6,
    };
  }
}

function* otherArguments(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const given = children(node, "arguments").map((argument) => withBrackets(argument, file));
  const name = calledName(node);
  for (const [index, argument] of given.entries()) {
    const next = given[index + 1];
    if (next !== undefined) {
      const isFunctional = [argument, next].some(({ type }) => /Function/.test(type));
      yield {
        ...swapped(argument, next, file, "argument-order"),
        weight: isFunctional ? 0.2 : 1,
      };
    }
    if (TAKES_PLACES.test(name ?? "")) {
      yield offsetBy(argument, "+ 1", 1, file);
      yield offsetBy(argument, "- 1", 1, file);
    } else if (MAYBE_NUMBER.test(argument.type)) {
      const weight = isNumberLike(argument) ? 0.5 : 0.3;
      yield offsetBy(argument, "+ 1", weight, file);
      yield offsetBy(argument, "- 1", weight, file);
    }
  }
  yield* missingArgument(name, node, given, file);
}

function calledName(node: ScriptNode): string | undefined {
  const callee = child(node, "callee");
  return callee === undefined ? undefined : nameOf(child(callee, "property") ?? callee);
}

/** By its form: nothing here knows types. */
function isNumberLike(node: ScriptNode): boolean {
  if (node.type === "BinaryExpression") return /^[-+*/%]$/.test(String(node["operator"]));
  const name = nameOf(child(node, "property") ?? node) ?? "";
  return /^(?:[ijkn]|.*(?:[Ii]ndex|[Cc]ount|[Ll]ength|[Ss]ize|[Oo]ffset|[Ss]tart|[Ee]nd|[Pp]age|[Ll]ow|[Hh]igh|[Ll]eft|[Rr]ight|[Mm]id))$/.test(
    name,
  );
}

/** Arguments whose absence means something that is seldom meant. */
function* missingArgument(
  name: string | undefined,
  node: ScriptNode,
  given: readonly ScriptNode[],
  file: ScriptFile,
): Generator<Mutation> {
  const family = "missing-argument";
  const close = node.end - 1;
  const last = given.at(-1);
  if (/^(?:sort|toSorted)$/.test(name ?? "") && given.length === 0) {
    yield { ...inserted(close, "(a, b) => a - b"), family };
    yield { ...inserted(close, "(a, b) => b - a"), family, weight: 0.7 };
  }
  if (name === "reduce" && last !== undefined && given.length === 1) {
    yield { ...inserted(last.end, ", 0"), family };
    yield { ...inserted(last.end, ", []"), family, weight: 0.4 };
    yield { ...inserted(last.end, ', ""'), family, weight: 0.4 };
  }
  if (name === "parseInt" && last !== undefined && given.length === 1) {
    yield { ...inserted(last.end, ", 10"), family, weight: 0.5 };
  }
  if (/^(?:map|from)$/.test(name ?? "") && last !== undefined && nameOf(last) === "parseInt") {
    yield { start: last.start, end: last.end, replacement: "Number", family };
  }
  const callee = child(node, "callee");
  const owner = callee === undefined ? undefined : child(callee, "object");
  if (/^(?:sort|reverse)$/.test(name ?? "") && owner !== undefined && nameOf(owner) !== undefined) {
    const replacement = `[...${codeOf(file, owner)}]`;
    yield {
      start: owner.start,
      end: owner.end,
      replacement,
      family: "missing-argument",
      weight: 0.6,
    };
  }
}

function* missingAwait(visit: Visit, file: ScriptFile): Generator<Mutation> {
  const { node, field, parent } = visit;
  if (node.type !== "CallExpression" || parent === undefined) return;
  if (/^(?:AwaitExpression|ReturnStatement)$/.test(parent.node.type)) return;
  const around = enclosingFunctions(visit).next().value?.node;
  if (around?.["async"] !== true || around === parent.node) return;
  const family = "missing-await";
  if (field === "object" || field === "callee") {
    const { start, end } = withBrackets(node, file);
    yield { start, end, replacement: `(await ${codeOf(file, node)})`, family };
  } else {
    yield { ...inserted(node.start, "await "), family };
  }
}

/** `list[i + 1]` for `list[i]`, `length - 1` for `length`. */
function* otherPlace({ node, field, parent }: Visit, file: ScriptFile): Generator<Mutation> {
  const property = child(node, "property");
  if (property === undefined) return;
  if (node["computed"] === true) {
    if (/^(?:StringLiteral|NumericLiteral|TemplateLiteral)$/.test(property.type)) return;
    yield offsetBy(property, "- 1", 1.8, file);
    yield offsetBy(property, "+ 1", 1.8, file);
    return;
  }
  if (!/^(?:length|size)$/.test(nameOf(property) ?? "")) return;
  if (field === "left" && parent?.node.type === "AssignmentExpression") return;
  yield offsetBy(node, "- 1", 1.6, file);
  yield offsetBy(node, "+ 1", 0.8, file);
}

function* otherProperty({ node, field, parent }: Visit, file: ScriptFile): Generator<Mutation> {
  const property = child(node, "property");
  const name = nameOf(property);
  if (property === undefined || name === undefined || node["computed"] === true) return;
  const isAssigned = field === "left" && parent?.node.type === "AssignmentExpression";
  if (node.type === "MemberExpression" && !isAssigned) {
    const owner = child(node, "object");
    const dot = file.text.lastIndexOf(".", property.start);
    const isOwn = owner?.type === "ThisExpression" || owner?.type === "Super";
    if (!isOwn && dot >= (owner?.end ?? 0)) yield { ...inserted(dot, "?"), family: "optional" };
  }
  const isCalled = field === "callee";
  const others = file.properties
    .filter((other) => other !== name && !(isCalled && SCRIPT_METHODS.has(name)))
    .map((other) => ({ other, like: likeness(other, name) }));
  const like = others.filter((other) => other.like > 0).sort((a, b) => b.like - a.like);
  const unlike = isCalled || others.length > 12 ? [] : others.filter((other) => other.like === 0);
  for (const other of [...like.slice(0, MOST_LIKE_PROPERTIES), ...unlike]) {
    yield {
      start: property.start,
      end: property.end,
      replacement: other.other,
      family: "property",
      weight: other.like > 0 ? 1 + other.like : 0.5,
    };
  }
}
