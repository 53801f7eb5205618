import type { Mutation } from "../mutation.ts";
import { indentOf } from "./return-mutations.ts";
import { codeOf, inserted, type ScriptFile } from "./script-file.ts";
import { child, children, isFunction, type ScriptNode, type Visit, visits } from "./script-tree.ts";

const MOST_GUARDED_NAMES = 3;
/** Values that are tried for a parameter behind the first. */
const MOST_VALUES_BEHIND = 2;
/** What a function gives back for nothing, the most usual first. */
const NOTHING = ["0", "undefined", "null", "[]", '""', "false"];

/** Guards that should not be there, and those that are missing. */
export function* guardMutations({ node, parent }: Visit, file: ScriptFile): Generator<Mutation> {
  if (node.type === "IfStatement" && parent?.node.type === "BlockStatement") {
    yield* withoutGuard(node, file);
  }
  if (isFunction(node)) yield* withGuard(node, file);
}

function* withoutGuard(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  if (child(node, "alternate") !== undefined) return;
  const consequent = child(node, "consequent");
  const inner = consequent?.type === "BlockStatement" ? children(consequent, "body") : [consequent];
  const [only] = inner;
  if (inner.length !== 1 || !/^(?:Return|Throw|Continue|Break)Statement$/.test(only?.type ?? ""))
    return;
  const lineStart = file.text.lastIndexOf("\n", node.start - 1) + 1;
  const isAlone = file.text.slice(lineStart, node.start).trim() === "";
  const after = /[ \t]*\r?\n/y;
  after.lastIndex = node.end;
  const takesLine = isAlone && after.test(file.text);
  yield {
    start: takesLine ? lineStart : node.start,
    end: takesLine ? after.lastIndex : node.end,
    replacement: "",
    family: "removed-guard",
  };
}

function* withGuard(node: ScriptNode, file: ScriptFile): Generator<Mutation> {
  const body = child(node, "body");
  const first = body?.type === "BlockStatement" ? children(body, "body")[0] : undefined;
  if (body === undefined || first === undefined) return;
  const parameters = file.names.get(node)?.parameters ?? [];
  const indent = indentOf(file.text, first.start);
  const values = returnedBy(node, file);
  for (const [position, name] of parameters.slice(0, MOST_GUARDED_NAMES).entries()) {
    for (const condition of conditionsFor(name, body, file)) {
      const fitting = values.slice(0, position === 0 ? values.length : MOST_VALUES_BEHIND);
      for (const [rank, value] of fitting.entries()) {
        const guard = `if (${condition.text}) return${value};${file.lineEnd}${indent}`;
        yield {
          ...inserted(first.start, guard),
          family: "added-guard",
          weight: condition.weight * 0.9 ** position * 0.85 ** rank,
        };
      }
    }
  }
}

/** What may be missing of a parameter, by what the function does with it. */
function conditionsFor(
  name: string,
  body: ScriptNode,
  file: ScriptFile,
): { readonly text: string; readonly weight: number }[] {
  const conditions: { text: string; weight: number }[] = [];
  const uses = usesOf(name, body, file);
  if (uses.isDivisor) conditions.push({ text: `${name} === 0`, weight: 1.6 });
  if (uses.hasLength) conditions.push({ text: `${name}.length === 0`, weight: 1.5 });
  conditions.push({ text: `${name} == null`, weight: uses.hasMembers ? 1 : 0.5 });
  if (uses.isCompared) {
    conditions.push({ text: `${name} <= 0`, weight: 0.6 }, { text: `${name} <= 1`, weight: 0.5 });
  }
  return conditions;
}

function usesOf(
  name: string,
  body: ScriptNode,
  file: ScriptFile,
): { isDivisor: boolean; hasLength: boolean; hasMembers: boolean; isCompared: boolean } {
  const uses = { isDivisor: false, hasLength: false, hasMembers: false, isCompared: false };
  for (const { node } of visits(body)) {
    const side = (field: string): string => {
      const inner = child(node, field);
      return inner === undefined ? "" : codeOf(file, inner);
    };
    if (node.type === "BinaryExpression") {
      if (node["operator"] === "/" && side("right").startsWith(name)) uses.isDivisor = true;
      if (side("left") === name || side("right") === name) uses.isCompared = true;
    }
    if (/MemberExpression$/.test(node.type) && side("object") === name) {
      uses.hasMembers = true;
      if (side("property") === "length" || node["computed"] === true) uses.hasLength = true;
    }
    if (node.type === "ForOfStatement" && side("right") === name) uses.hasLength = true;
  }
  return uses;
}

/** What the function gives back when there is nothing: simple values that it returns already in front, then the usual ones. */
function returnedBy(node: ScriptNode, file: ScriptFile): string[] {
  const locals = new Set(file.names.get(node)?.locals);
  const own: string[] = [];
  for (const visit of visits(node)) {
    if (visit.node.type !== "ReturnStatement") continue;
    const argument = child(visit.node, "argument");
    if (argument === undefined) own.push("");
    else if (/Literal$|^Identifier$|^ArrayExpression$/.test(argument.type)) {
      const text = codeOf(file, argument);
      // A variable of the body cannot be given back before it is declared.
      if (text.length <= 20 && !locals.has(text)) own.push(text);
    }
  }
  const values = [...new Set([...own, ...NOTHING])].slice(0, NOTHING.length);
  return values.map((value) => (value === "" ? "" : ` ${value}`));
}
