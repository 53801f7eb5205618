import { editDistance } from "../../../language/nearest.ts";

/** Names that are mistaken for one another are few edits apart, or share most of their beginning or end. */
export function likeness(a: string, b: string): number {
  if (a === b) return 0;
  const distance = editDistance(a, b, 3);
  if (distance <= 1) return 1;
  const shortest = Math.min(a.length, b.length);
  if (distance <= 2 && shortest >= 4) return 0.9;
  const shared = Math.max(sharedPrefix(a, b), sharedSuffix(a, b));
  return shared >= 3 && shared * 2 >= shortest ? 0.8 : 0;
}

function sharedPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function sharedSuffix(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}
