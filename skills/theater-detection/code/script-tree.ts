import { isNode, parseSyntax, type SyntaxNode } from "../../syntax.ts";
import type { CodeNode, OpenedCode } from "./code-tree.ts";

/** Says nothing about what the code does. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "loc",
  "extra",
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "returnType",
]);

interface Pending {
  readonly syntax: SyntaxNode;
  readonly field: string;
  readonly parent: CodeNode | undefined;
}

/** Reads JavaScript and TypeScript. Needs no stack, however deeply the code nests. */
export function readScript(file: string, text: string): OpenedCode {
  const syntax = parseSyntax(file, text);
  if (syntax.status === "not-parsed") {
    const { reason, line } = syntax;
    return { status: "not-read", reason, ...(line === undefined ? {} : { line }) };
  }
  const nodes: CodeNode[] = [];
  const rest: Pending[] = [{ syntax: syntax.program, field: "", parent: undefined }];
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const node = nodeOf(next);
    nodes.push(node);
    next.parent?.children.push(node);
    rest.push(...innerNodes(next.syntax, node).reverse());
  }
  const comments = syntax.comments.map(({ start, end, loc }) => ({
    start,
    end,
    line: loc.start.line,
    column: loc.start.column + 1,
    text: text.slice(start, end),
  }));
  return { status: "read", tree: { text, nodes, comments } };
}

function nodeOf({ syntax, field, parent }: Pending): CodeNode {
  const { line, column } = syntax.loc?.start ?? { line: 1, column: 0 };
  return {
    type: syntax.type,
    start: Number(syntax["start"]),
    end: Number(syntax["end"]),
    line,
    column: column + 1,
    field,
    parent,
    index: parent?.children.length ?? 0,
    children: [],
  };
}

function innerNodes(syntax: SyntaxNode, parent: CodeNode): Pending[] {
  return Object.entries(syntax)
    .filter(([field]) => !PASSED_OVER.has(field) && !field.endsWith("Comments"))
    .flatMap(([field, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter(isNode)
        .map((inner) => ({ syntax: inner, field, parent })),
    )
    .sort((a, b) => Number(a.syntax["start"]) - Number(b.syntax["start"]));
}
