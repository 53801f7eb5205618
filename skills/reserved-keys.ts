import { FORBIDDEN_KEYS } from "../core/json.ts";
import { isMarkerKey } from "../core/value.ts";

/** Whether no value that travels between skills may have a key of this name. */
export function isReservedKey(name: string): boolean {
  return FORBIDDEN_KEYS.has(name) || isMarkerKey(name);
}
