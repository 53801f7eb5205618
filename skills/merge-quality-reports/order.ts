export type Sortable = number | string;

/** Compares entry by entry, for sorting by several keys. */
export function compareLists(a: readonly Sortable[], b: readonly Sortable[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined || left === right) continue;
    return left < right ? -1 : 1;
  }
  return 0;
}
