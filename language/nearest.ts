import { strangeLetter } from "./quoted.ts";

/** The known name nearest to a mistyped one, undefined when none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(given.toLowerCase(), name.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** What to say about an unknown name: the nearest known one, or all of them when they are few. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearest(given, known);
  const strange = strangeLetter(given);
  if (name !== undefined && strange !== undefined) return `did you mean "${name}"? ${strange}`;
  if (name !== undefined) return `did you mean "${name}"?`;
  return known.length === 0 ? "there are none" : `known: ${known.slice(0, 20).join(", ")}`;
}

/** Levenshtein distance; `limit` when it is at least that. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return Math.min(limit, row[b.length] ?? limit);
}
