import type { Json, JsonObject } from "../../core/json.ts";
import {
  type ColumnType,
  typedValue,
  typeOfJson,
  typeOfTexts,
  typeOfValues,
} from "./column-types.ts";
import { refuseOver } from "./limits.ts";
import type { DelimitedRows } from "./record-reader.ts";

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Column = {
  readonly name: string;
  readonly type: ColumnType;
  readonly missing: number;
  readonly header?: string;
};

export interface Table {
  readonly rows: readonly JsonObject[];
  readonly columns: readonly Column[];
}

/** Rows of a delimited file, as objects with typed values. @throws SwarmError `limit-exceeded` */
export function tableOfRecords({ columns, records }: DelimitedRows, file: string): Table {
  const names = columns.reduce((sum, { name }) => sum + name.length, 0);
  const values = records.reduce(
    (sum, fields) => sum + fields.reduce((length, field) => length + field.length + 6, 0),
    0,
  );
  refuseOver("resultBytes", names * records.length + values, file);
  const typed = columns.map((column, index): Column => {
    const fields = records.map((record) => record[index] ?? "");
    return {
      ...column,
      type: typeOfTexts(fields),
      missing: fields.filter((field) => field === "").length,
    };
  });
  const rowOf = (record: readonly string[]): JsonObject =>
    Object.fromEntries(
      typed.map(({ name, type }, index) => [name, typedValue(record[index] ?? "", type)]),
    );
  return { rows: records.map(rowOf), columns: typed };
}

/** Rows as they stand in JSON; columns in the order in which they come up. @throws SwarmError `limit-exceeded` */
export function tableOfObjects(rows: readonly JsonObject[], file: string): Table {
  const columns = new Map<string, { readonly types: Set<ColumnType>; present: number }>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const type = typeOfJson(value as Json);
      let column = columns.get(name);
      if (column === undefined) {
        column = { types: new Set(), present: 0 };
        columns.set(name, column);
        refuseOver("columns", columns.size, file);
      }
      if (type === "empty") continue;
      column.types.add(type);
      column.present++;
    }
  }
  return {
    rows,
    columns: [...columns].map(([name, { types, present }]) => ({
      name,
      type: typeOfValues(types),
      missing: rows.length - present,
    })),
  };
}
