import type { TreeCursor } from "@vscode/tree-sitter-wasm";
import { parseTree } from "../../complexity-analysis/tree-sitter.ts";
import type { CodeComment, CodeNode, OpenedCode } from "./code-tree.ts";

/** Reads a language of which there is a tree-sitter grammar. @param grammar name of its file */
export async function readWithGrammar(grammar: string, text: string): Promise<OpenedCode> {
  const open = await parseTree({ grammar }, text);
  if (open.status === "not-parsed") {
    const { reason, line } = open;
    return { status: "not-read", reason, ...(line === undefined ? {} : { line }) };
  }
  const cursor = open.tree.walk();
  try {
    return { status: "read", tree: { text, ...walk(cursor, text) } };
  } finally {
    cursor.delete();
    open.tree.delete();
  }
}

function walk(
  cursor: TreeCursor,
  text: string,
): { readonly nodes: CodeNode[]; readonly comments: CodeComment[] } {
  const nodes: CodeNode[] = [];
  const comments: CodeComment[] = [];
  let parent: CodeNode | undefined;
  for (;;) {
    const place = placeOf(cursor);
    if (isComment(cursor.nodeType)) {
      comments.push({ ...place, text: text.slice(place.start, place.end) });
    } else if (cursor.nodeIsNamed) {
      const node: CodeNode = {
        type: cursor.nodeType,
        ...place,
        field: cursor.currentFieldName ?? "",
        parent,
        index: parent?.children.length ?? 0,
        children: [],
      };
      nodes.push(node);
      parent?.children.push(node);
      if (cursor.gotoFirstChild()) {
        parent = node;
        continue;
      }
    }
    while (!cursor.gotoNextSibling()) {
      if (!cursor.gotoParent()) return { nodes, comments };
      parent = parent?.parent;
    }
  }
}

function isComment(type: string): boolean {
  return type === "comment" || type === "line_comment" || type === "block_comment";
}

function placeOf(cursor: TreeCursor): Pick<CodeNode, "start" | "end" | "line" | "column"> {
  const { row, column } = cursor.startPosition;
  return { start: cursor.startIndex, end: cursor.endIndex, line: row + 1, column: column + 1 };
}
