import { bin, extent, fsum } from "d3-array";
import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Total = {
  readonly name: string;
  /** Rows that have a number. */
  readonly count: number;
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
};

export interface Group {
  readonly label: string;
  readonly rows: number;
  /** One a measure, in their order. */
  readonly sums: readonly number[];
}

/** Values from `from` up to, but not including, `to`; the last bar includes it. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What the report says, however it is written. */
export interface DataReport {
  readonly title: string;
  readonly rowCount: number;
  readonly columns: readonly string[];
  /** The first ones. */
  readonly rows: readonly JsonObject[];
  readonly totals: readonly Total[];
  /** The largest by the first measure first, or by rows without a measure. */
  readonly grouping: { readonly by: string; readonly groups: readonly Group[] } | undefined;
  /** One a measure; empty when there is nothing to be seen in it. */
  readonly histograms: readonly (readonly Bar[])[];
}

export interface ReportRequest {
  readonly rows: readonly Json[];
  readonly title: string;
  readonly groupBy: string | undefined;
  readonly measures: readonly string[] | undefined;
  readonly maxRows: number;
}

/** Works out what there is to say about rows. Pure. @throws SwarmError `invalid-input` */
export function reportOn(request: ReportRequest): DataReport {
  const rows = request.rows.map(objectAt);
  const columns = columnsOf(rows);
  const { groupBy } = request;
  if (groupBy !== undefined && rows.length > 0 && !columns.includes(groupBy)) {
    throw wrong("/group_by", `no row has a column ${JSON.stringify(groupBy)}`);
  }
  const measures =
    request.measures ?? columns.filter((name) => name !== groupBy && isMeasure(rows, name));
  const values = measures.map((name) => numbersOf(rows, name));
  if (request.measures !== undefined && rows.length > 0) {
    const empty = values.findIndex((each) => each.length === 0);
    if (empty !== -1) {
      const name = JSON.stringify(measures[empty]);
      throw wrong(`/measures/${empty}`, `no row has a number in a column ${name}`);
    }
  }
  return {
    title: request.title,
    rowCount: rows.length,
    columns,
    rows: rows.slice(0, request.maxRows),
    totals: measures.map((name, index) => totalOf(name, values[index] ?? [])),
    grouping:
      groupBy === undefined
        ? undefined
        : { by: groupBy, groups: groupsOf(rows, groupBy, measures) },
    histograms: values.map(histogramOf),
  };
}

/** In the order in which they come up. */
function columnsOf(rows: readonly JsonObject[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) columns.add(name);
  return [...columns];
}

/** A value as a group's name and as a cell. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function objectAt(row: Json, index: number): JsonObject {
  if (isJsonObject(row)) return row;
  throw wrong(`/rows/${index}`, "a row must be an object");
}

/** An own value: a column may be called like something that every object inherits. */
function valueIn(row: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function isMeasure(rows: readonly JsonObject[], name: string): boolean {
  let numbers = 0;
  for (const row of rows) {
    const value = valueIn(row, name) ?? null;
    if (typeof value === "number") numbers++;
    else if (value !== null) return false;
  }
  return numbers > 0;
}

function numbersOf(rows: readonly JsonObject[], name: string): number[] {
  return rows.flatMap((row) => {
    const value = valueIn(row, name);
    return typeof value === "number" && Number.isFinite(value) ? [value] : [];
  });
}

function totalOf(name: string, values: readonly number[]): Total {
  const [min = null, max = null] = extent(values);
  const sum = finite(fsum(values));
  const mean = values.length === 0 || sum === null ? null : sum / values.length;
  return { name, count: values.length, sum, min, max, mean };
}

function groupsOf(rows: readonly JsonObject[], by: string, measures: readonly string[]): Group[] {
  const byLabel = Map.groupBy(rows, (row) => textOf(valueIn(row, by)) || "(none)");
  return [...byLabel]
    .map(([label, group]) => ({
      label,
      rows: group.length,
      sums: measures.map((name) => fsum(numbersOf(group, name))),
    }))
    .sort(
      (a, b) =>
        (b.sums[0] ?? b.rows) - (a.sums[0] ?? a.rows) ||
        (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
    );
}

/** Bars with round limits, by Sturges' formula. Nothing for equal values, and for those too far apart to be told. */
function histogramOf(values: readonly number[]): Bar[] {
  const [min, max] = extent(values);
  if (min === undefined || max === undefined || !(max > min)) return [];
  if (!Number.isFinite(2 * max - 2 * min)) return [];
  const bars = bin()(values).map((each) => ({
    from: each.x0 ?? min,
    to: each.x1 ?? max,
    count: each.length,
  }));
  return bars.length > 1 && bars.every(({ from, to }) => to > from) ? bars : [];
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function wrong(pointer: string, message: string): SwarmError {
  return new SwarmError("invalid-input", `${pointer}: ${message}`, { location: { pointer } });
}
