import type { FunctionPlace, TestOutline } from "../mutation.ts";
import {
  child,
  children,
  isFunction,
  nameOf,
  type ScriptNode,
  type Visit,
  visits,
} from "./script-tree.ts";

/** Functions with a name by which others call them; a constructor has the name of its class. */
export function scriptFunctions(program: ScriptNode): FunctionPlace[] {
  const places: FunctionPlace[] = [];
  for (const visit of visits(program)) {
    if (!isFunction(visit.node)) continue;
    const name = functionName(visit);
    if (name !== undefined) places.push(placeOf(name, visit.node));
  }
  return places;
}

function functionName({ node, parent, field }: Visit): string | undefined {
  if (node["kind"] === "constructor") return nameOf(child(parent?.parent?.node ?? node, "id"));
  const own = nameOf(child(node, "id")) ?? nameOf(child(node, "key"));
  if (own !== undefined || parent === undefined) return own;
  switch (parent.node.type) {
    case "VariableDeclarator":
      return nameOf(child(parent.node, "id"));
    case "AssignmentExpression":
      return field === "right" ? lastName(child(parent.node, "left")) : undefined;
    case "ObjectProperty":
    case "ClassProperty":
      return nameOf(child(parent.node, "key"));
    case "ExportDefaultDeclaration":
      return "default";
    default:
      return undefined;
  }
}

/** `b` of `a.b`. */
function lastName(node: ScriptNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  return nameOf(node) ?? nameOf(child(node, "property"));
}

function placeOf(name: string, node: ScriptNode): FunctionPlace {
  return { name, start: node.start, end: node.end, mentions: mentionsIn(node) };
}

/** A text may be the name of a method that is called by it. */
const IS_NAME = /^[A-Za-z_$][\w$]{1,39}$/;

function mentionsIn(root: ScriptNode): Set<string> {
  const names = new Set<string>();
  for (const { node } of visits(root)) {
    if (node.type === "Identifier" || node.type === "JSXIdentifier") {
      names.add(node["name"] as string);
    } else if (node.type === "StringLiteral" && IS_NAME.test(node["value"] as string)) {
      names.add(node["value"] as string);
    }
  }
  return names;
}

const TEST_CALLS = new Set(["test", "it", "describe", "suite", "specify", "context"]);

export function scriptTestOutline(program: ScriptNode): TestOutline {
  const tests: FunctionPlace[] = [];
  const imports: string[] = [];
  for (const statement of children(program, "body")) {
    const source = child(statement, "source")?.["value"];
    if (typeof source === "string") imports.push(source);
  }
  for (const { node } of visits(program)) {
    if (node.type !== "CallExpression" && node.type !== "ImportExpression") continue;
    const required = requiredModule(node);
    if (required !== undefined) imports.push(required);
    const name = testName(node);
    if (name !== undefined) tests.push(placeOf(name, node));
  }
  return { imports, tests, mentions: mentionsIn(program) };
}

/** `require("x")` and `import("x")`. */
function requiredModule(node: ScriptNode): string | undefined {
  const callee = child(node, "callee");
  const isRequire = nameOf(callee) === "require" || callee?.type === "Import";
  const source = child(node, "source") ?? (isRequire ? children(node, "arguments")[0] : undefined);
  const value = source?.["value"];
  return typeof value === "string" ? value : undefined;
}

/** The title of `test("title", …)`, `it.only("title", …)` and `it.each([…])("title", …)`. */
function testName(node: ScriptNode): string | undefined {
  let callee = child(node, "callee");
  while (callee !== undefined && callee.type !== "Identifier") {
    callee = child(callee, "object") ?? child(callee, "callee") ?? child(callee, "tag");
  }
  if (!TEST_CALLS.has(nameOf(callee) ?? "")) return undefined;
  const value = children(node, "arguments")[0]?.["value"];
  return typeof value === "string" ? value : undefined;
}
