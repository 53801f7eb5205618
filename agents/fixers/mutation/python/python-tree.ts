import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import treeSitter, { type Parser, type TreeCursor } from "@vscode/tree-sitter-wasm";

/** A node of the syntax tree, copied out of the parser's memory. */
export interface PythonNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** The name that the grammar gives to its part in the parent. */
  readonly field: string | undefined;
  readonly parent: PythonNode | undefined;
  /** Words and signs too. */
  readonly children: readonly PythonNode[];
  readonly isNamed: boolean;
}

export type PythonTree =
  | { readonly status: "parsed"; readonly root: PythonNode }
  | { readonly status: "not-parsed"; readonly reason: string };

const PARSE_LIMIT_MS = 2_000;
const BYTE_ORDER_MARK = "\uFEFF";

let parser: Promise<Parser> | undefined;

/** Parses Python, only when nothing at all is wrong with it. Offsets count UTF-16 units. */
export async function parsePython(text: string): Promise<PythonTree> {
  parser ??= openParser();
  const open = await parser;
  const shift = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const startMs = performance.now();
  // Typed as answering nothing, but what it answers decides whether parsing stops.
  const progressCallback = (): boolean => performance.now() - startMs > PARSE_LIMIT_MS;
  const tree = open.parse(text.slice(shift), null, { progressCallback });
  if (tree === null) {
    open.reset();
    return { status: "not-parsed", reason: "parsing takes too long" };
  }
  const cursor = tree.walk();
  try {
    if (tree.rootNode.hasError) return { status: "not-parsed", reason: "syntax error" };
    return { status: "parsed", root: copied(cursor, shift) };
  } finally {
    cursor.delete();
    tree.delete(); // the memory of WebAssembly is not garbage collected
  }
}

async function openParser(): Promise<Parser> {
  await treeSitter.Parser.init();
  const open = new treeSitter.Parser();
  const folder = dirname(createRequire(import.meta.url).resolve("@vscode/tree-sitter-wasm"));
  const grammar = await readFile(join(folder, "tree-sitter-python.wasm"));
  open.setLanguage(await treeSitter.Language.load(grammar));
  return open;
}

interface Growing extends PythonNode {
  readonly children: PythonNode[];
}

/** Without recursion: how deep a file nests is its author's choice. */
function copied(cursor: TreeCursor, shift: number): PythonNode {
  const copy = (parent: Growing | undefined): Growing => ({
    type: cursor.nodeType,
    start: cursor.startIndex + shift,
    end: cursor.endIndex + shift,
    field: cursor.currentFieldName ?? undefined,
    parent,
    children: [],
    isNamed: cursor.nodeIsNamed,
  });
  const root = copy(undefined);
  const way: Growing[] = [root];
  if (!cursor.gotoFirstChild()) return root;
  for (;;) {
    const parent = way.at(-1) ?? root;
    const node = copy(parent);
    parent.children.push(node);
    if (cursor.gotoFirstChild()) {
      way.push(node);
      continue;
    }
    while (!cursor.gotoNextSibling()) {
      cursor.gotoParent();
      way.pop();
      if (way.length === 0) return root;
    }
  }
}

/** All nodes, an outer one before those inside of it; types are passed over. */
export function* pythonNodes(root: PythonNode): Generator<PythonNode> {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.type === "type" || node.type === "decorator") continue;
    yield node;
    waiting.push(...node.children.toReversed());
  }
}

export function part(node: PythonNode, field: string): PythonNode | undefined {
  return node.children.find((inner) => inner.field === field);
}

export function parts(node: PythonNode): readonly PythonNode[] {
  return node.children.filter(({ isNamed, type }) => isNamed && type !== "comment");
}

/** The functions around a node, the innermost first. */
export function* pythonFunctionsAround(node: PythonNode): Generator<PythonNode> {
  for (let around = node.parent; around !== undefined; around = around.parent) {
    if (around.type === "function_definition") yield around;
  }
}
