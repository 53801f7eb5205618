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
    return Object.fromEntries(node.items.map(({ key, value }) => [keyOf(key), read(value)]));
  };
  const readOnce = (node: Node | undefined): unknown => {
    if (node === undefined) return null;
    if (!made.has(node)) made.set(node, read(node));
    return made.get(node);
  };
  return read(root);
}

function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}
