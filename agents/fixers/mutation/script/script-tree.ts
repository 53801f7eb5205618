import { extname } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";

/** A node of Babel's syntax tree, as far as we look at it. */
export interface ScriptNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export type ScriptTree =
  | { readonly status: "parsed"; readonly program: ScriptNode }
  | { readonly status: "not-parsed"; readonly reason: string };

/** Parses JavaScript, TypeScript or JSX by the file's ending, only when nothing at all is wrong with it. */
export function parseScript(file: string, text: string): ScriptTree {
  const first = parseWith(pluginsFor(file, "usual"), text);
  // The two kinds of decorators exclude each other, and nothing in a file says which it uses.
  if (first.status === "parsed" || !text.includes("@")) return first;
  const second = parseWith(pluginsFor(file, "other"), text);
  return second.status === "parsed" ? second : first;
}

function parseWith(plugins: ParserPlugin[], text: string): ScriptTree {
  try {
    const { program } = parse(text, { sourceType: "unambiguous", attachComment: false, plugins });
    return { status: "parsed", program: program as unknown as ScriptNode };
  } catch (error) {
    if (error instanceof RangeError) return { status: "not-parsed", reason: "nested too deeply" };
    if (!(error instanceof SyntaxError)) throw error;
    return { status: "not-parsed", reason: `syntax error: ${error.message}` };
  }
}

function pluginsFor(file: string, decorators: "usual" | "other"): ParserPlugin[] {
  const isTyped = /\.(?:[cm]?ts|tsx)$/i.test(file);
  const isLegacy = isTyped === (decorators === "usual");
  const kind: ParserPlugin = isLegacy ? "decorators-legacy" : "decorators";
  if (/\.d\.[cm]?ts$/i.test(file)) return [["typescript", { dts: true }], kind];
  if (!isTyped) return ["jsx", kind];
  return extname(file).toLowerCase() === ".tsx"
    ? ["typescript", "jsx", kind]
    : ["typescript", kind];
}

export function isScriptNode(value: unknown): value is ScriptNode {
  return (
    typeof value === "object" && value !== null && typeof (value as ScriptNode).type === "string"
  );
}

/** The node of a field; undefined when there is none. */
export function child(node: ScriptNode, field: string): ScriptNode | undefined {
  const value = node[field];
  return isScriptNode(value) ? value : undefined;
}

/** The nodes of a field that is a list; holes are left out. */
export function children(node: ScriptNode, field: string): readonly ScriptNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isScriptNode) : [];
}

/** The name of an identifier, or undefined for any other node. */
export function nameOf(node: ScriptNode | undefined): string | undefined {
  return node?.type === "Identifier" ? (node["name"] as string) : undefined;
}

/** A node with the way to it. */
export interface Visit {
  readonly node: ScriptNode;
  /** The field of the parent that holds it. */
  readonly field: string;
  readonly parent: Visit | undefined;
}

const TYPE_ONLY =
  /^(?:TS(?!AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion|ExportAssignment|ParameterProperty|InstantiationExpression)|TypeAnnotation|ImportDeclaration|ExportAllDeclaration)/;

/** All nodes of the program that are carried out: types and imports are passed over. An outer node comes first. */
export function* visits(program: ScriptNode): Generator<Visit> {
  const waiting: Visit[] = [{ node: program, field: "program", parent: undefined }];
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    if (TYPE_ONLY.test(visit.node.type)) continue;
    yield visit;
    const inner: Visit[] = [];
    for (const [field, value] of Object.entries(visit.node)) {
      for (const node of Array.isArray(value) ? value : [value]) {
        if (isScriptNode(node)) inner.push({ node, field, parent: visit });
      }
    }
    waiting.push(...inner.reverse());
  }
}

export function isFunction(node: ScriptNode): boolean {
  return /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression|ObjectMethod|ClassMethod|ClassPrivateMethod)$/.test(
    node.type,
  );
}

/** The functions around a node, the innermost first; the node itself is not among them. */
export function* enclosingFunctions({ parent }: Visit): Generator<Visit> {
  for (let visit = parent; visit !== undefined; visit = visit.parent) {
    if (isFunction(visit.node)) yield visit;
  }
}

/** Where an operator stands between its two sides; comments and brackets may stand there too. */
export function operatorOffset(text: string, from: number, operator: string): number | undefined {
  const between = /(?:[\s)]|\/\*[\s\S]*?\*\/|\/\/[^\n\r]*)*/y;
  between.lastIndex = from;
  between.exec(text);
  const offset = between.lastIndex;
  return text.startsWith(operator, offset) ? offset : undefined;
}
