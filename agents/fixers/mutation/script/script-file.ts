import type { Mutation, WrongLiteral } from "../mutation.ts";
import { type DeclaredNames, declaredNames, isReadVariable } from "./script-names.ts";
import { enclosingFunctions, nameOf, type ScriptNode, visits } from "./script-tree.ts";

/** What the mutators of a file share. */
export interface ScriptFile {
  readonly text: string;
  readonly program: ScriptNode;
  readonly names: ReadonlyMap<ScriptNode, DeclaredNames>;
  /** Texts that stand as literals in the file, each once. */
  readonly strings: readonly string[];
  /** Properties that the file reads, each once. */
  readonly properties: readonly string[];
  /** Parameters and variables that their function never reads, as `<start of the function>:<name>`. */
  readonly unread: ReadonlySet<string>;
  readonly wrongLiterals: readonly WrongLiteral[];
  /** How the file ends its lines. */
  readonly lineEnd: "\n" | "\r\n";
}

export function openScriptFile(
  text: string,
  program: ScriptNode,
  wrongLiterals: readonly WrongLiteral[],
): ScriptFile {
  const strings = new Set<string>();
  const properties = new Set<string>();
  for (const { node, field, parent } of visits(program)) {
    if (node.type === "StringLiteral") strings.add(node["value"] as string);
    const isProperty = field === "property" && parent?.node["computed"] !== true;
    const name = isProperty ? nameOf(node) : undefined;
    if (name !== undefined) properties.add(name);
  }
  const names = declaredNames(program);
  return {
    text,
    program,
    names,
    unread: unreadNames(names, program),
    strings: [...strings],
    properties: [...properties],
    wrongLiterals,
    lineEnd: text.includes("\r\n") ? "\r\n" : "\n",
  };
}

function unreadNames(
  names: ReadonlyMap<ScriptNode, DeclaredNames>,
  program: ScriptNode,
): ReadonlySet<string> {
  const unread = new Set<string>();
  for (const [owner, { parameters, locals }] of names) {
    for (const name of [...parameters, ...locals]) unread.add(`${owner.start}:${name}`);
  }
  for (const visit of visits(program)) {
    const name = isReadVariable(visit) ? nameOf(visit.node) : undefined;
    if (name === undefined) continue;
    for (const { node } of enclosingFunctions(visit)) unread.delete(`${node.start}:${name}`);
  }
  return unread;
}

export function codeOf({ text }: ScriptFile, { start, end }: ScriptNode): string {
  return text.slice(start, end);
}

/** The node with the brackets that stand around it. */
export function withBrackets(node: ScriptNode, { text }: ScriptFile): ScriptNode {
  const extra = node["extra"] as { parenthesized?: boolean; parenStart?: number } | undefined;
  if (extra?.parenthesized !== true || extra.parenStart === undefined) return node;
  const close = /(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n\r]*)*\)/y;
  close.lastIndex = node.end;
  return close.test(text) ? { ...node, start: extra.parenStart, end: close.lastIndex } : node;
}

/** Two nodes in each other's place, all between them as it is. */
export function swapped(
  first: ScriptNode,
  second: ScriptNode,
  file: ScriptFile,
  family: Mutation["family"],
): Mutation {
  const between = file.text.slice(first.end, second.start);
  return {
    start: first.start,
    end: second.end,
    replacement: codeOf(file, second) + between + codeOf(file, first),
    family,
  };
}

export function inserted(
  at: number,
  replacement: string,
): { start: number; end: number; replacement: string } {
  return { start: at, end: at, replacement };
}

const SIMPLE =
  /^(?:Identifier|(?:Optional)?MemberExpression|(?:Optional)?CallExpression|ThisExpression|.*Literal|TSNonNullExpression)$/;

/** True when an operator in front of the node, or behind it, takes all of it. */
export function isSimple(node: ScriptNode): boolean {
  const extra = node["extra"] as { parenthesized?: boolean } | undefined;
  return SIMPLE.test(node.type) || extra?.parenthesized === true;
}
