import type { Json, JsonObject } from "../../core/json.ts";

/** By some columns, the most important first; a minus before the name turns it round. Equal rows keep their order. */
export function sorted(
  rows: readonly JsonObject[],
  columns: readonly string[],
): readonly JsonObject[] {
  if (columns.length === 0) return rows;
  const keys = columns.map((column) =>
    column.startsWith("-") ? { name: column.slice(1), sign: -1 } : { name: column, sign: 1 },
  );
  return rows.toSorted((a, b) => {
    for (const { name, sign } of keys) {
      const order = compare(a[name] ?? null, b[name] ?? null);
      if (order !== 0) return sign * order;
    }
    return 0;
  });
}

/** Numbers, then texts, then everything else. */
function compare(a: Json, b: Json): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return rankOf(a) - rankOf(b);
}

function rankOf(value: Json): number {
  if (typeof value === "number") return 0;
  return typeof value === "string" ? 1 : 2;
}
