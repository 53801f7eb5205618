import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json } from "../../core/json.ts";
import type { Problem } from "./problems.ts";
import { child } from "./schema-walk.ts";

/** Rows whose values in these columns an earlier row has. @throws SwarmError for a column that no row has */
export function repeatedRows(rows: readonly Json[], columns: readonly string[]): Problem[] {
  if (columns.length === 0 || rows.length === 0) return [];
  for (const [index, column] of columns.entries()) {
    if (rows.some((row) => isJsonObject(row) && Object.hasOwn(row, column))) continue;
    throw new SwarmError("invalid-input", `no row has a column ${JSON.stringify(column)}`, {
      location: { pointer: `/unique/${index}` },
    });
  }
  const first = new Map<string, number>();
  const [only = ""] = columns;
  const pointer = columns.length === 1 ? child("", only) : "";
  return rows.flatMap((row, index) => {
    if (!isJsonObject(row)) return [];
    const key = JSON.stringify(columns.map((column) => sorted(ownValue(row, column))));
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    if (earlier === undefined) return [];
    return [{ index, pointer, message: `must not repeat ${columns.join(", ")} of row ${earlier}` }];
  });
}

function ownValue(row: Readonly<Record<string, Json>>, column: string): Json {
  return Object.hasOwn(row, column) ? (row[column] ?? null) : null;
}

/** The same value, whatever the order of its keys. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((each) => sorted(each as Json));
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key] ?? null)]));
}
