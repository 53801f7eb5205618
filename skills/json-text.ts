import type { Json } from "../core/json.ts";
import { isReservedKey } from "./reserved-keys.ts";

/** Whoever reads it later goes down level by level. */
const DEEPEST = 200;

/** What a text says when it is JSON that may travel between skills; else null. */
export function jsonIn(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return null;
  }
  return mayTravel(value) ? value : null;
}

function mayTravel(whole: Json): boolean {
  const open: { readonly value: Json; readonly depth: number }[] = [{ value: whole, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth >= DEEPEST) return false;
    for (const [key, entry] of Object.entries(value)) {
      if (!Array.isArray(value) && isReservedKey(key)) return false;
      open.push({ value: entry as Json, depth: depth + 1 });
    }
  }
  return true;
}
