/**
 * A persistent list: `with` shares all but one block with the list it came from, so a machine can keep
 * 100,000 tasks in its context and still never change an earlier snapshot. Reading is O(1), writing O(√n).
 */
export interface Vector<Item> {
  readonly length: number;
  readonly blocks: readonly (readonly Item[])[];
  readonly blockSize: number;
}

export function vectorOf<Item>(length: number, fill: (index: number) => Item): Vector<Item> {
  const blockSize = Math.max(16, Math.ceil(Math.sqrt(length)));
  const blocks: Item[][] = [];
  for (let start = 0; start < length; start += blockSize) {
    const size = Math.min(blockSize, length - start);
    blocks.push(Array.from({ length: size }, (_, offset) => fill(start + offset)));
  }
  return { length, blocks, blockSize };
}

/** @throws RangeError when there is no such position */
export function at<Item>(vector: Vector<Item>, index: number): Item {
  const block = vector.blocks[Math.floor(index / vector.blockSize)];
  if (block === undefined || !Number.isInteger(index) || index < 0 || index >= vector.length) {
    throw new RangeError(`no position ${index} in a vector of ${vector.length}`);
  }
  return block[index % vector.blockSize] as Item;
}

/** The same list with another item at `index`. */
export function withItem<Item>(vector: Vector<Item>, index: number, item: Item): Vector<Item> {
  at(vector, index);
  const blockIndex = Math.floor(index / vector.blockSize);
  const blocks = vector.blocks.slice();
  const block = (blocks[blockIndex] ?? []).slice();
  block[index % vector.blockSize] = item;
  blocks[blockIndex] = block;
  return { ...vector, blocks };
}

export function* items<Item>(vector: Vector<Item>): Generator<Item> {
  for (const block of vector.blocks) yield* block;
}
