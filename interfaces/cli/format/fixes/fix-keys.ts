import { isMap, isNode, isScalar, parseDocument } from "yaml";
import { isJsonObject } from "../../../../core/json.ts";
import { nearest } from "../../../../language/nearest.ts";
import { type ParsedYaml, parseYaml, type Source } from "../../../../language/parse.ts";
import {
  cascadeAsMapping,
  cascadeAsName,
  type MappingKind,
  mappingAt,
} from "../../../../language/schema.ts";
import type { Correction, Fixed } from "./fix-cascade.ts";
import { type UnknownKey, unknownKeys } from "./unknown-keys.ts";

/** A mistyped key hides what stands below it, so each level may need a look of its own. */
const MOST_ROUNDS = 10;
/** Finding a key takes longer the more there are, and nobody mistypes hundreds. */
const MOST_A_ROUND = 100;

/** Renames mistyped keys to the ones they are nearest to, where no other key has that name or is as near to it. */
export function fixKeys(source: Source): Fixed {
  const { file } = source;
  let { text } = source;
  const corrections: Correction[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const yaml = parseYaml({ text, file });
    if (!yaml.ok) break;
    const renamed = rename(text, yaml, mistypedKeys(yaml));
    if (renamed.corrections.length === 0) break;
    text = renamed.text;
    corrections.push(...renamed.corrections);
  }
  return { text, corrections };
}

interface Mistyped extends UnknownKey {
  readonly meant: string;
}

function mistypedKeys(yaml: ParsedYaml): readonly Mistyped[] {
  const asName = isJsonObject(yaml.data) && typeof yaml.data["cascade"] === "string";
  const syntax = (asName ? cascadeAsName : cascadeAsMapping).safeParse(yaml.data);
  if (syntax.success) return [];
  const unknown = unknownKeys(syntax.error.issues).slice(0, MOST_A_ROUND);
  const found = unknown.flatMap((each): Mistyped[] => {
    const meant = keyMeant(each.key, mappingAt(each.path, asName));
    return meant === undefined ? [] : [{ ...each, meant }];
  });
  const byPlace = Object.groupBy(found, ({ path, meant }) => JSON.stringify([path, meant]));
  return Object.values(byPlace).flatMap((same = []) => (same.length === 1 ? same : []));
}

/** The known key that is nearer than all others; of two that are as near, neither is meant for sure. */
function keyMeant(key: string, { known, later }: MappingKind): string | undefined {
  if (later.has(key)) return undefined;
  const meant = nearest(key, known);
  return meant === nearest(key, known.toReversed()) ? meant : undefined;
}

interface Rename {
  readonly start: number;
  readonly end: number;
  readonly written: string;
  readonly correction: Correction;
}

function rename(text: string, yaml: ParsedYaml, keys: readonly Mistyped[]): Fixed {
  const { contents } = parseDocument(text, { stringKeys: true, uniqueKeys: false });
  const renames = keys
    .flatMap((key) => renameOf(contents, yaml, key))
    .toSorted((a, b) => a.start - b.start);
  let from = 0;
  const parts = renames.flatMap(({ start, end, written }) => {
    const before = text.slice(from, start);
    from = end;
    return [before, written];
  });
  return {
    text: [...parts, text.slice(from)].join(""),
    corrections: renames.map(({ correction }) => correction),
  };
}

/** None when the mapping is not written at that place but comes there through an alias, or has the key meant already. */
function renameOf(contents: unknown, yaml: ParsedYaml, { path, key, meant }: Mistyped): Rename[] {
  const mapping = path.reduce<unknown>(
    (node, step) => (isNode(node) && "get" in node ? getNode(node, step) : undefined),
    contents,
  );
  if (!isMap(mapping) || mapping.has(meant)) return [];
  const written = mapping.items
    .map((pair) => pair.key)
    .find((node) => isScalar(node) && node.value === key);
  if (!isScalar(written) || written.range == null) return [];
  const [start, end] = written.range;
  const message = `"${key}" → "${meant}"`;
  return [
    { start, end, written: meant, correction: { location: yaml.locate(path, key), message } },
  ];
}

function getNode(node: object, step: PropertyKey): unknown {
  return (node as { get(key: PropertyKey, keepScalar: true): unknown }).get(step, true);
}
