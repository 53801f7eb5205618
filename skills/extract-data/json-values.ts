import { type ErrorLocation, SwarmError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { isReservedKey } from "../reserved-keys.ts";

const DEEPEST = 64;

/** What only a number that cannot be held exactly looks like: a look at the text spares a look at each value. */
const MAY_BE_ROUNDED = /\d{16}|\d[eE][+-]?\d{3}/;

/**
 * JSON as data that may travel: an integer that would be rounded, and a number that would become 0 or infinite, stay
 * text. @throws SyntaxError when it is no JSON
 */
export function parseJson(text: string): Json {
  if (!MAY_BE_ROUNDED.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, keepDigits) as Json;
}

/** @throws SwarmError `invalid-input` for a reserved key, and for nesting that is too deep */
export function refuseUnsafe(value: Json, location: ErrorLocation, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > DEEPEST) {
    throw new SwarmError("invalid-input", `nested over ${DEEPEST} levels deep`, { location });
  }
  for (const [key, entry] of Object.entries(value)) {
    const pointer = `${location.pointer ?? ""}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (isReservedKey(key)) {
      throw new SwarmError("invalid-input", `the key ${key} is reserved`, {
        location: { ...location, pointer },
      });
    }
    if (typeof entry === "object") refuseUnsafe(entry, { ...location, pointer }, depth + 1);
  }
}

/** A reviver. The third argument is the text of a value that is no list and no object. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === "number" && source !== undefined && isLost(value, source)
    ? source
    : value;
}

function isLost(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (value === 0) return /[1-9]/.test(source.replace(/e.*/i, ""));
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(value);
}
