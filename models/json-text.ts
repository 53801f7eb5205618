import { isJsonObject, type JsonObject } from "../core/json.ts";

/** The arguments of a tool call as a vendor writes them; undefined when that is no JSON object. */
export function argumentsOf(text: string): JsonObject | undefined {
  const value = jsonOf(text === "" ? "{}" : text);
  return isJsonObject(value) ? value : undefined;
}

/** Undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what that means
  }
}
