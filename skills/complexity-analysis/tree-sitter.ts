import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import treeSitter, { type Parser, type Tree, type TreeCursor } from "@vscode/tree-sitter-wasm";
import { z } from "zod";
import type { LanguageRules } from "./languages/rules.ts";

const require = createRequire(import.meta.url);
const { version } = z
  .object({ version: z.string() })
  .parse(require("@vscode/tree-sitter-wasm/package.json"));
const GRAMMARS = dirname(require.resolve("@vscode/tree-sitter-wasm"));

/** A grammar in WebAssembly cannot reach or crash what is around it. */
export const TREE_SITTER = { name: "tree-sitter", version } as const;

/** Processor time, for a busy machine must not change what is measured. A megabyte takes about half a second. */
const PARSE_LIMIT_MS = 2_000;

export type OpenTree =
  | { readonly status: "parsed"; readonly tree: Tree }
  | { readonly status: "not-parsed"; readonly reason: string; readonly line?: number };

const parsers = new Map<string, Promise<Parser>>();

/** Parses a file. The caller deletes the tree: its memory is not garbage collected. */
export async function parseTree(
  rules: Pick<LanguageRules, "grammar">,
  text: string,
): Promise<OpenTree> {
  const parser = await parserOf(rules.grammar);
  const startMs = threadMs();
  // Typed as answering nothing, but what it answers decides whether parsing stops.
  const progressCallback = (): boolean => threadMs() - startMs > PARSE_LIMIT_MS;
  const tree = parser.parse(text, null, { progressCallback });
  if (tree === null) {
    parser.reset();
    return {
      status: "not-parsed",
      reason: `parsing took more than ${PARSE_LIMIT_MS / 1_000} s of processor time`,
    };
  }
  if (!tree.rootNode.hasError) return { status: "parsed", tree };
  const line = errorLine(tree);
  tree.delete();
  return { status: "not-parsed", reason: "syntax error", line };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** One parser a grammar for the life of the thread. */
async function parserOf(grammar: string): Promise<Parser> {
  const open = parsers.get(grammar) ?? openParser(grammar);
  parsers.set(grammar, open);
  return await open;
}

async function openParser(grammar: string): Promise<Parser> {
  await treeSitter.Parser.init();
  const parser = new treeSitter.Parser();
  parser.setLanguage(await treeSitter.Language.load(await readFile(join(GRAMMARS, grammar))));
  return parser;
}

/** Where the first error stands: the way down through the children that hold one. */
function errorLine(tree: Tree): number {
  const cursor = tree.walk();
  try {
    while (!isError(cursor) && cursor.gotoFirstChild()) {
      while (!cursor.currentNode.hasError && cursor.gotoNextSibling()) {}
    }
    return cursor.startPosition.row + 1;
  } finally {
    cursor.delete();
  }
}

function isError(cursor: TreeCursor): boolean {
  const { isError: isWrong, isMissing } = cursor.currentNode;
  return isWrong || isMissing;
}
