import type { Json } from "../../core/json.ts";

export type ColumnType =
  | "integer"
  | "number"
  | "boolean"
  | "text"
  | "array"
  | "object"
  | "mixed"
  | "empty";

/** Spellings of false and true; a column keeps to one of them. */
const BOOLEANS = [
  ["false", "true"],
  ["False", "True"],
  ["FALSE", "TRUE"],
] as const;

/** The type of a column of texts. A type other than `text` means that every value can be written the same again. */
export function typeOfTexts(texts: Iterable<string>): ColumnType {
  const values = new Set(texts);
  values.delete("");
  if (values.size === 0) return "empty";
  const all = [...values];
  if (all.every(isInteger)) return "integer";
  if (all.every(isShortestNumber) || isFixedPoint(all)) return "number";
  const isBoolean = BOOLEANS.some((pair) =>
    all.every((value) => pair.some((each) => each === value)),
  );
  return isBoolean ? "boolean" : "text";
}

/** A field as a value of its column's type; an empty one is null. */
export function typedValue(text: string, type: ColumnType): Json {
  if (text === "") return null;
  if (type === "integer" || type === "number") return Number(text);
  return type === "boolean" ? text.toLowerCase() === "true" : text;
}

/** The type of values as JSON has them; null is no value. */
export function typeOfValues(types: ReadonlySet<ColumnType>): ColumnType {
  const [only = "empty", ...others] = types;
  if (others.length === 0) return only;
  return [...types].every((type) => type === "integer" || type === "number") ? "number" : "mixed";
}

export function typeOfJson(value: Json): ColumnType {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "integer" : "number";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "boolean" : "object";
}

function isInteger(text: string): boolean {
  return Number.isSafeInteger(Number(text)) && String(Number(text)) === text;
}

function isShortestNumber(text: string): boolean {
  return Number.isFinite(Number(text)) && String(Number(text)) === text && !isUnsafeInteger(text);
}

function isUnsafeInteger(text: string): boolean {
  return Number.isInteger(Number(text)) && !Number.isSafeInteger(Number(text));
}

/** Equally many decimals in all values, as in a column of prices: `12.50` is written the same again with two decimals. */
function isFixedPoint(texts: readonly string[]): boolean {
  const decimals = /\.(\d{1,15})$/.exec(texts[0] ?? "")?.[1]?.length;
  return (
    decimals !== undefined &&
    texts.every((text) => {
      const value = Number(text);
      return !isUnsafeInteger(text) && !Object.is(value, -0) && value.toFixed(decimals) === text;
    })
  );
}
