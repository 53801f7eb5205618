import { isNode, type SyntaxNode } from "../../syntax.ts";
import { type Edit, withEdits } from "../edit.ts";
import { endOf, type SourceTree, startOf } from "../source-tree.ts";

/** Removes names that are imported and stand nowhere else in the file, not even in a comment. */
export function unusedImports(tree: SourceTree): Edit[] {
  const { places, text } = tree;
  if (places.some(({ node }) => isUnclear(node, text))) return [];
  return places.flatMap(({ node }) => {
    if (node.type !== "ImportDeclaration" || node["phase"] != null) return [];
    const edit = editOf(node, tree);
    return edit === undefined ? [] : [edit];
  });
}

/** JSX uses names that are not written, and an identifier with escapes is not written as it is called. */
function isUnclear(node: SyntaxNode, text: string): boolean {
  if (node.type === "JSXElement" || node.type === "JSXFragment") return true;
  return node.type === "Identifier" && !text.startsWith(String(node["name"]), startOf(node));
}

function editOf(node: SyntaxNode, { file, text }: SourceTree): Edit | undefined {
  const specifiers = (node["specifiers"] as readonly SyntaxNode[]).filter(isNode);
  const source = node["source"] as SyntaxNode;
  const clause = text.slice(startOf(node), startOf(source));
  if (specifiers.length === 0 || /\/[/*]/.test(clause)) return undefined;
  const outside = `${text.slice(0, startOf(node))} ${text.slice(endOf(node))}`;
  const isUnused = (each: SyntaxNode): boolean => !holdsName(outside, localName(each));
  const unused = new Set(specifiers.filter(isUnused));
  if (unused.size === 0) return undefined;
  if (unused.size === specifiers.length) return wholeEdit(node, source, { file, text });
  const kept = clauseWithout(specifiers, unused, { text, end: startOf(source) });
  return kept === undefined ? undefined : kept;
}

/** Loading the module may do something. Whether a compiler of TypeScript loads it is not known, unless it is for types. */
function wholeEdit(
  node: SyntaxNode,
  source: SyntaxNode,
  { file, text }: Pick<SourceTree, "file" | "text">,
): Edit | undefined {
  const start = startOf(node);
  if (node["importKind"] === "type") {
    const after = /^[ \t]*(?:\r?\n)?/.exec(text.slice(endOf(node)))?.[0].length ?? 0;
    const isAlone = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).trim() === "";
    return { start, end: endOf(node) + (isAlone ? after : 0), text: "" };
  }
  if (/\.[cm]?tsx?$/i.test(file)) return undefined;
  return { start, end: startOf(source), text: "import " };
}

/** One edit for all that goes from the names of an import, of which some stay. */
function clauseWithout(
  specifiers: readonly SyntaxNode[],
  unused: ReadonlySet<SyntaxNode>,
  { text, end }: { readonly text: string; readonly end: number },
): Edit | undefined {
  const named = specifiers.filter(({ type }) => type === "ImportSpecifier");
  const first = specifiers.find(({ type }) => type === "ImportDefaultSpecifier");
  const keptNamed = named.filter((each) => !unused.has(each));
  const cuts: Edit[] = [];
  const cut = (start: number, stop: number, put = ""): void => {
    cuts.push({ start, end: stop, text: put });
  };
  if (first !== undefined && unused.has(first)) {
    const rest = specifiers.find((each) => each !== first);
    const next = named.length > 0 ? text.indexOf("{", endOf(first)) : rest && startOf(rest);
    if (next === undefined) return undefined;
    cut(startOf(first), next);
  } else if (first !== undefined && keptNamed.length === 0) {
    cut(endOf(first), end, " from ");
    return cuts[0];
  }
  for (const range of namedCuts(named, unused)) cut(range.start, range.end);
  const [start, stop] = [Math.min(...cuts.map((each) => each.start)), end];
  const moved = cuts.map((each) => ({ ...each, start: each.start - start, end: each.end - start }));
  return { start, end: stop, text: withEdits(text.slice(start, stop), moved) };
}

/** A name goes with what stands before the next one; those behind the last one that stays go with what follows it. */
function namedCuts(
  named: readonly SyntaxNode[],
  unused: ReadonlySet<SyntaxNode>,
): { readonly start: number; readonly end: number }[] {
  const last = named.findLastIndex((each) => !unused.has(each));
  const [kept, final] = [named[last], named.at(-1)];
  const before = named.slice(0, Math.max(last, 0)).flatMap((each, index) => {
    const next = named[index + 1];
    return unused.has(each) && next !== undefined
      ? [{ start: startOf(each), end: startOf(next) }]
      : [];
  });
  if (kept === undefined || final === undefined || kept === final) return before;
  return [...before, { start: endOf(kept), end: endOf(final) }];
}

function localName(specifier: SyntaxNode): string {
  return String((specifier["local"] as SyntaxNode)["name"]);
}

function holdsName(text: string, name: string): boolean {
  const escaped = RegExp.escape(name);
  return new RegExp(`(?<![\\p{ID_Continue}$])${escaped}(?![\\p{ID_Continue}$])`, "u").test(text);
}
