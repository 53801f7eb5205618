import type { CollectionTag, Scalar, ScalarTag, Tags, YAMLMap, YAMLSeq } from "yaml";
import { stringifyString } from "yaml/util";

type Stringify = NonNullable<ScalarTag["stringify"]>;
type Context = Parameters<Stringify>[1];

/**
 * Tags that write scalars as their author did: quotes, escapes, `1.10`, the lines of a block. Only a text over several
 * lines without a block is folded anew. Lists have no space within their brackets, mappings have.
 */
export function asWritten(tags: Tags): Tags {
  return tags.map((tag) => {
    if (typeof tag === "string") return tag;
    return tag.collection === undefined ? scalarAsWritten(tag) : withPadding(tag);
  });
}

function scalarAsWritten(tag: ScalarTag): ScalarTag {
  const other: Stringify = tag.stringify ?? stringifyString;
  const stringify: Stringify = (item, context, onComment, onChompKeep) =>
    onOneLine(item) ??
    blockAsWritten(item, context) ??
    other(item, context, onComment, onChompKeep);
  return { ...tag, stringify };
}

function withPadding(tag: CollectionTag): CollectionTag {
  const flowCollectionPadding = tag.collection === "seq" ? "" : " ";
  const stringify = (
    node: YAMLMap | YAMLSeq,
    context: Context,
    onComment?: () => void,
    onChompKeep?: () => void,
  ): string => node.toString({ ...context, flowCollectionPadding }, onComment, onChompKeep);
  // The library calls it for every tag that has one; its type leaves it out for collections.
  return { ...tag, stringify } as unknown as CollectionTag;
}

function onOneLine({ srcToken: token }: Scalar): string | undefined {
  const isFlow = token !== undefined && token.type !== "block-scalar";
  return isFlow && "source" in token && !token.source.includes("\n") ? token.source : undefined;
}

/** A block keeps its lines when the indentation is plain to see, and no comment stands at its head. */
function blockAsWritten(item: Scalar, context: Context): string | undefined {
  const { srcToken: token } = item;
  if (token?.type !== "block-scalar" || item.comment) return undefined;
  if (context.implicitKey === true || context.inFlow === true || context.indent === "")
    return undefined;
  const header = token.props.find(({ type }) => type === "block-scalar-header");
  const source = header !== undefined && "source" in header ? header.source : "";
  if (!/^[|>]-?$/.test(source)) return undefined;
  const lines = token.source.split("\n");
  const indent = /^ */.exec(lines.find(hasText) ?? "")?.[0] ?? "";
  const isEmpty = (line: string): boolean => !hasText(line) && line.length <= indent.length;
  const text = lines.slice(0, lines.findLastIndex((line) => !isEmpty(line)) + 1);
  const isPlain = text.every((line) => isEmpty(line) || (hasText(line) && line.startsWith(indent)));
  if (indent === "" || !isPlain) return undefined;
  const moved = text.map((line) =>
    isEmpty(line) ? "" : `${context.indent}${line.slice(indent.length)}`,
  );
  return [source, ...moved].join("\n");
}

function hasText(line: string): boolean {
  return line.trim() !== "";
}
