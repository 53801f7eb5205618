import { type Alias, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";

/** The node that each alias stands for. */
export type Aliased = ReadonlyMap<Alias, Node>;

/**
 * The data of a tree that `refuseUnsafe` let pass: every key is a text and no alias stands inside what it names. In one
 * pass, and what an anchor names is made once: the library goes through all aliases of the file for each of them.
 */
export function dataOf(root: unknown, aliased: Aliased): unknown {
  const made = new Map<Node, unknown>();
  const read = (node: unknown): unknown => {
    if (isAlias(node)) return readOnce(aliased.get(node));
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map(read);
    if (!isMap(node)) return null;
    const { items } = node;
    if (!items.some(({ key }) => isMergeKey(key))) {
      return Object.fromEntries(items.map(({ key, value }) => [keyOf(key), read(value)]));
    }
    return Object.fromEntries(withMerged(items, read));
  };
  const readOnce = (node: Node | undefined): unknown => {
    if (node === undefined) return null;
    if (!made.has(node)) made.set(node, read(node));
    return made.get(node);
  };
  return read(root);
}

/** `<<`, plainly written: https://yaml.org/type/merge.html */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

/** A mapping's own keys go before those of the mappings merged into it, and of those the first that has a key gives it. */
function withMerged(
  items: readonly { readonly key: unknown; readonly value: unknown }[],
  read: (node: unknown) => unknown,
): ReadonlyMap<string, unknown> {
  const entries = new Map<string, unknown>();
  const own = new Set(items.filter(({ key }) => !isMergeKey(key)).map(({ key }) => keyOf(key)));
  for (const { key, value } of items) {
    if (!isMergeKey(key)) {
      entries.set(keyOf(key), read(value));
      continue;
    }
    for (const source of [read(value)].flat()) {
      for (const [name, entry] of Object.entries(source as object)) {
        if (!own.has(name) && !entries.has(name)) entries.set(name, entry);
      }
    }
  }
  return entries;
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}
