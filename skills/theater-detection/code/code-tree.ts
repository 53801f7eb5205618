/** A node of a syntax tree in the one form that all languages are read in; which types there are is the language's. */
export interface CodeNode {
  readonly type: string;
  /** In UTF-16 units from the beginning of the text; `end` is the first one after it. */
  readonly start: number;
  readonly end: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** What it is to its parent, such as `body`; "" when the grammar does not say. */
  readonly field: string;
  readonly parent: CodeNode | undefined;
  /** Its place among the parent's children. */
  readonly index: number;
  /** In reading order, comments left out. */
  readonly children: CodeNode[];
}

export interface CodeComment {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** With the signs that make it a comment. */
  readonly text: string;
}

export interface CodeTree {
  readonly text: string;
  /** All nodes, each before its children. */
  readonly nodes: readonly CodeNode[];
  readonly comments: readonly CodeComment[];
}

export type OpenedCode =
  | { readonly status: "read"; readonly tree: CodeTree }
  | { readonly status: "not-read"; readonly reason: string; readonly line?: number };

/** Nodes that are looked at below one node; what is larger is no stub. */
const MOST_NODES = 4_000;

export function textOf(node: CodeNode, { text }: Pick<CodeTree, "text">): string {
  return text.slice(node.start, node.end);
}

export function childAt(node: CodeNode, field: string): CodeNode | undefined {
  return node.children.find((child) => child.field === field);
}

/** The first nodes below a node in no certain order; `goesInto` says of which the insides are wanted. */
export function* nodesBelow(
  node: CodeNode,
  goesInto: (inner: CodeNode) => boolean = () => true,
): Generator<CodeNode> {
  const rest = [...node.children].reverse();
  for (let looked = 0; looked < MOST_NODES; looked++) {
    const next = rest.pop();
    if (next === undefined) return;
    yield next;
    if (goesInto(next)) rest.push(...[...next.children].reverse());
  }
}

/** What stands in a field; "" when there is none. */
export function fieldText(node: CodeNode, field: string, tree: Pick<CodeTree, "text">): string {
  const child = childAt(node, field);
  return child === undefined ? "" : textOf(child, tree);
}

export function ancestor(
  node: CodeNode,
  isWanted: (outer: CodeNode) => boolean,
): CodeNode | undefined {
  for (let outer = node.parent; outer !== undefined; outer = outer.parent) {
    if (isWanted(outer)) return outer;
  }
  return undefined;
}

/** Whether a comment stands in a node, or behind it on its last line. */
export function isExplained(node: CodeNode, { text, comments }: CodeTree): boolean {
  const inside = firstFrom(comments, node.start);
  if (inside !== undefined && inside.end <= node.end) return true;
  const behind = firstFrom(comments, node.end);
  return behind !== undefined && !text.slice(node.end, behind.start).includes("\n");
}

/** The first comment that begins there or later; they are in order. */
function firstFrom(comments: readonly CodeComment[], start: number): CodeComment | undefined {
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle]?.start ?? 0) < start) low = middle + 1;
    else high = middle;
  }
  return comments[low];
}
